internal import CNetlink

/// An RDMA device as the kernel's netlink names it.
public struct RDMADevice: Hashable, Sendable {
  /// The kernel's number, which no later device gets again before many others.
  public let index: UInt32
  /// The name, such as `rxe0`.
  public let name: String
  /// How many ports it has.
  public let ports: UInt32
  /// The firmware's version, where there is one.
  public let firmware: String?
  /// The protocol: "ib", "roce", "iw", "opa", "usnic".
  public let transport: String?

  init?(_ attributes: NetlinkAttributes) {
    guard let index: UInt32 = attributes.number(RDMA_NLDEV_ATTR_DEV_INDEX.rawValue),
      let name = attributes.text(RDMA_NLDEV_ATTR_DEV_NAME.rawValue)
    else { return nil }
    self.index = index
    self.name = name
    ports = attributes.number(RDMA_NLDEV_ATTR_PORT_INDEX.rawValue) ?? 0
    firmware = attributes.text(RDMA_NLDEV_ATTR_FW_VERSION.rawValue)
    transport = attributes.text(RDMA_NLDEV_ATTR_DEV_PROTOCOL.rawValue)
  }
}
