internal import CNetlink

/// A port of an RDMA device with the network interface under it.
public struct RDMALink: Hashable, Sendable {
  /// The device's number.
  public let deviceIndex: UInt32
  /// The port, from 1.
  public let port: UInt32
  /// The logical state by its number, 4 being active.
  public let state: UInt32
  /// The physical state by its number, 5 being link up.
  public let physicalState: UInt32
  /// The interface's name, where the device has one.
  public let netdev: String?
  /// The interface's index.
  public let netdevIndex: UInt32?

  init?(_ attributes: NetlinkAttributes) {
    guard let device: UInt32 = attributes.number(RDMA_NLDEV_ATTR_DEV_INDEX.rawValue),
      let port: UInt32 = attributes.number(RDMA_NLDEV_ATTR_PORT_INDEX.rawValue)
    else { return nil }
    deviceIndex = device
    self.port = port
    state = attributes.number(RDMA_NLDEV_ATTR_PORT_STATE.rawValue) ?? 0
    physicalState = attributes.number(RDMA_NLDEV_ATTR_PORT_PHYS_STATE.rawValue) ?? 0
    netdev = attributes.text(RDMA_NLDEV_ATTR_NDEV_NAME.rawValue)
    netdevIndex = attributes.number(RDMA_NLDEV_ATTR_NDEV_INDEX.rawValue)
  }
}
