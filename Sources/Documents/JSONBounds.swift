/// What a document may hold besides its bytes: each value takes some 64 bytes once it is read, and a page may compare
/// every entry of a list with every other.
package enum JSONBounds {
  /// The most objects of a list: cases, checks, cells, policies.
  package static let mostEntries = 1 << 14
  /// The most cells of a table or a grid of one figure.
  package static let mostCells = 1 << 18

  /// The most values of a document.
  package static let mostValues = 1 << 24

  /// Whether a document may have more values than that: every one but the first follows a comma or an opening.
  package static func areExceeded(by bytes: [UInt8]) -> Bool {
    guard bytes.count > mostValues else { return false }
    var values = 0
    for byte in bytes {
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "{"): values += 1
      default: continue
      }
    }
    return values > mostValues
  }
}
