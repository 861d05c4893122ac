internal import CNetlink

/// A queue pair that is alive (`RDMA_NLDEV_CMD_RES_QP_GET`).
public struct QueuePairResource: RDMAResource, Hashable {
  /// `RDMA_NLDEV_CMD_RES_QP_GET`.
  public static var codes: ResourceCodes {
    ResourceCodes(
      RDMA_NLDEV_CMD_RES_QP_GET,
      RDMA_NLDEV_ATTR_RES_QP,
      RDMA_NLDEV_ATTR_RES_QP_ENTRY
    )
  }

  /// Who made it.
  public let owner: ResourceOwner
  /// Its number on the wire.
  public let lqpn: UInt32?
  /// The peer's number, of connected ones.
  public let rqpn: UInt32?
  /// The type by its number in `enum ib_qp_type`, 1 being the general services of the kernel.
  public let type: UInt8?
  /// The state by its number, 3 being ready to send and 6 error.
  public let state: UInt8?

  /// Reads one entry.
  public init(_ attributes: ResourceAttributes) {
    owner = ResourceOwner(attributes)
    lqpn = attributes.number(RDMA_NLDEV_ATTR_RES_LQPN)
    rqpn = attributes.number(RDMA_NLDEV_ATTR_RES_RQPN)
    type = attributes.number(RDMA_NLDEV_ATTR_RES_TYPE)
    state = attributes.number(RDMA_NLDEV_ATTR_RES_STATE)
  }
}
