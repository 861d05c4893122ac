internal import CNetlink

/// A completion queue that is alive (`RDMA_NLDEV_CMD_RES_CQ_GET`).
public struct CompletionQueueResource: RDMAResource, Hashable {
  /// `RDMA_NLDEV_CMD_RES_CQ_GET`.
  public static var codes: ResourceCodes {
    ResourceCodes(
      RDMA_NLDEV_CMD_RES_CQ_GET,
      RDMA_NLDEV_ATTR_RES_CQ,
      RDMA_NLDEV_ATTR_RES_CQ_ENTRY
    )
  }

  /// Who made it.
  public let owner: ResourceOwner
  /// The kernel's number of the queue.
  public let cqn: UInt32?
  /// How many entries it holds.
  public let entries: UInt32?
  /// How many queue pairs use it.
  public let users: UInt64?

  /// Reads one entry.
  public init(_ attributes: ResourceAttributes) {
    owner = ResourceOwner(attributes)
    cqn = attributes.number(RDMA_NLDEV_ATTR_RES_CQN)
    entries = attributes.number(RDMA_NLDEV_ATTR_RES_CQE)
    users = attributes.number(RDMA_NLDEV_ATTR_RES_USECNT)
  }
}
