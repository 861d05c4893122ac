internal import CNetlink

/// A connection identifier of rdma_cm that is alive (`RDMA_NLDEV_CMD_RES_CM_ID_GET`).
public struct ConnectionResource: RDMAResource, Hashable {
  /// `RDMA_NLDEV_CMD_RES_CM_ID_GET`.
  public static var codes: ResourceCodes {
    ResourceCodes(
      RDMA_NLDEV_CMD_RES_CM_ID_GET,
      RDMA_NLDEV_ATTR_RES_CM_ID,
      RDMA_NLDEV_ATTR_RES_CM_ID_ENTRY
    )
  }

  /// Who made it.
  public let owner: ResourceOwner
  /// The queue pair it drives.
  public let lqpn: UInt32?
  /// The port space by its number, 0x106 being TCP.
  public let portSpace: UInt32?

  /// Reads one entry.
  public init(_ attributes: ResourceAttributes) {
    owner = ResourceOwner(attributes)
    lqpn = attributes.number(RDMA_NLDEV_ATTR_RES_LQPN)
    portSpace = attributes.number(RDMA_NLDEV_ATTR_RES_PS)
  }
}
