/// A 64-bit identifier of a node or an adapter.
public struct GUID: Hashable, Sendable {
  /// The identifier as a number.
  public let value: UInt64

  /// A GUID of this number.
  public init(_ value: UInt64) { self.value = value }

  /// A GUID in network byte order, as libibverbs hands it out.
  init(bigEndian raw: UInt64) { value = UInt64(bigEndian: raw) }
}

extension GUID: CustomStringConvertible {
  /// Four groups of four hexadecimal digits, "5054:00ff:fe12:3456".
  public var description: String {
    stride(from: 48, through: 0, by: -16)
      .map { Hexadecimal.text((value >> UInt64($0)) & 0xffff, digits: 4) }
      .joined(separator: ":")
  }
}
