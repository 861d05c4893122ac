internal import CNetlink

/// A memory region that is alive (`RDMA_NLDEV_CMD_RES_MR_GET`).
public struct MemoryRegionResource: RDMAResource, Hashable {
  /// `RDMA_NLDEV_CMD_RES_MR_GET`.
  public static var codes: ResourceCodes {
    ResourceCodes(
      RDMA_NLDEV_CMD_RES_MR_GET,
      RDMA_NLDEV_ATTR_RES_MR,
      RDMA_NLDEV_ATTR_RES_MR_ENTRY
    )
  }

  /// Who registered it.
  public let owner: ResourceOwner
  /// The kernel's number of the region.
  public let mrn: UInt32?
  /// The kernel's number of its protection domain.
  public let pdn: UInt32?
  /// Its length in bytes.
  public let length: UInt64
  /// The key for local work requests; only with CAP_NET_ADMIN.
  public let lkey: UInt32?
  /// The key for a peer; only with CAP_NET_ADMIN.
  public let rkey: UInt32?

  /// Reads one entry.
  public init(_ attributes: ResourceAttributes) {
    owner = ResourceOwner(attributes)
    mrn = attributes.number(RDMA_NLDEV_ATTR_RES_MRN)
    pdn = attributes.number(RDMA_NLDEV_ATTR_RES_PDN)
    length = attributes.number(RDMA_NLDEV_ATTR_RES_MRLEN) ?? 0
    lkey = attributes.number(RDMA_NLDEV_ATTR_RES_LKEY)
    rkey = attributes.number(RDMA_NLDEV_ATTR_RES_RKEY)
  }
}
