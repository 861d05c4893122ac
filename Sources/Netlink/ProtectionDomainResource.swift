internal import CNetlink

/// A protection domain that is alive (`RDMA_NLDEV_CMD_RES_PD_GET`).
public struct ProtectionDomainResource: RDMAResource, Hashable {
  /// `RDMA_NLDEV_CMD_RES_PD_GET`.
  public static var codes: ResourceCodes {
    ResourceCodes(
      RDMA_NLDEV_CMD_RES_PD_GET,
      RDMA_NLDEV_ATTR_RES_PD,
      RDMA_NLDEV_ATTR_RES_PD_ENTRY
    )
  }

  /// Who made it.
  public let owner: ResourceOwner
  /// The kernel's number of the domain.
  public let pdn: UInt32?
  /// How many objects use it.
  public let users: UInt64?

  /// Reads one entry.
  public init(_ attributes: ResourceAttributes) {
    owner = ResourceOwner(attributes)
    pdn = attributes.number(RDMA_NLDEV_ATTR_RES_PDN)
    users = attributes.number(RDMA_NLDEV_ATTR_RES_USECNT)
  }
}
