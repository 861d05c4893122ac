/// The private data of a connection request, of its acceptance and of its rejection: 20 bytes, big-endian.
///
/// 0 magic "MREG", 4 version, 6 kind, 8 token, 16 zeroes.
package struct VerificationGreeting: Equatable {
  package static let length = 20
  package static let version: UInt16 = 1

  package enum Kind: UInt16 {
    /// A verification begins, or goes on after a connection that an error has ended; its token says which.
    case request = 1
    case accepted = 2
    /// Another verification is under way.
    case busy = 3
    /// The versions differ.
    case otherVersion = 4
    /// The request makes no sense.
    case malformed = 5
    /// As `accepted`, by a device whose driver is known not to check every transfer for the access of its region.
    case acceptedByLaxDriver = 6
  }

  package let kind: Kind
  /// A number of 64 bits that the client has chosen at random.
  package let token: UInt64

  package var bytes: [UInt8] {
    var writer = WireWriter()
    writer.putHeader(kind)
    writer.put(token)
    writer.put(UInt32(0))
    return writer.bytes
  }

  package init(_ kind: Kind, token: UInt64) {
    self.kind = kind
    self.token = token
  }

  /// Reads what a peer sent; transports pad it with zeroes, and nothing else may follow.
  package init(parsing data: [UInt8]) throws(WireError) {
    guard data.count >= VerificationGreeting.length else { throw .length(data.count) }
    var reader = WireReader(data)
    kind = try reader.takeHeader()
    token = reader.take()
    guard reader.isZeroToTheEnd else { throw .reserved }
  }
}
