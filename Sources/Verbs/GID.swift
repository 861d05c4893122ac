/// A global identifier of a port: 128 bits that are written like an IPv6 address.
public struct GID: Hashable, Sendable {
  /// The subnet prefix, the upper half, as a number.
  public let prefix: UInt64
  /// The interface identifier, the lower half, as a number.
  public let interface: UInt64

  /// The IPv4 address that is mapped into the GID (::ffff:a.b.c.d), as RoCE v2 does it.
  public var mappedIPv4: String? {
    guard prefix == 0, interface >> 32 == 0xffff else { return nil }
    return stride(from: 24, through: 0, by: -8)
      .map { String((interface >> UInt64($0)) & 0xff) }
      .joined(separator: ".")
  }
}

extension GID: CustomStringConvertible {
  /// Eight groups of four hexadecimal digits, "fe80:0000:0000:0000:5054:00ff:fe12:3456".
  public var description: String { "\(GUID(prefix)):\(GUID(interface))" }
}
