internal import CNetlink

/// A network interface as rtnetlink shows it.
public struct NetworkInterface: Hashable, Sendable {
  /// The kernel's number.
  public let index: Int32
  /// The name, such as `eth0`.
  public let name: String
  /// The kind of virtual interface, such as `dummy`; `nil` for hardware.
  public let kind: String?
  /// The text that an administrator or a program has left on it (`IFLA_IFALIAS`).
  public let alias: String?
  /// Whether it is administratively up.
  public let isUp: Bool

  /// Reads a message of RTM_NEWLINK: `struct ifinfomsg`, then attributes.
  init?(_ payload: [UInt8]) {
    let headerSize = MemoryLayout<ifinfomsg>.size
    guard payload.count >= headerSize else { return nil }
    let header = unsafe payload.withUnsafeBytes { unsafe $0.loadUnaligned(as: ifinfomsg.self) }
    let attributes = NetlinkAttributes(Array(payload[headerSize...]))
    guard let name = attributes.text(IFLA_IFNAME) else { return nil }
    self.name = name
    index = header.ifi_index
    isUp = header.ifi_flags & 1 != 0
    kind = attributes.nest(IFLA_LINKINFO).text(IFLA_INFO_KIND)
    alias = attributes.text(IFLA_IFALIAS)
  }
}
