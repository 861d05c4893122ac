internal import CNetlink

/// An open context of user space verbs, one for each time a device was opened (`RDMA_NLDEV_CMD_RES_CTX_GET`).
public struct ContextResource: RDMAResource, Hashable {
  /// `RDMA_NLDEV_CMD_RES_CTX_GET`, since Linux 5.14.
  public static var codes: ResourceCodes {
    ResourceCodes(
      RDMA_NLDEV_CMD_RES_CTX_GET,
      RDMA_NLDEV_ATTR_RES_CTX,
      RDMA_NLDEV_ATTR_RES_CTX_ENTRY
    )
  }

  /// Who opened the device.
  public let owner: ResourceOwner
  /// The kernel's number of the context.
  public let ctxn: UInt32?

  /// Reads one entry.
  public init(_ attributes: ResourceAttributes) {
    owner = ResourceOwner(attributes)
    ctxn = attributes.number(RDMA_NLDEV_ATTR_RES_CTXN)
  }
}
