internal import CNetlink

/// An object of a device that is alive, as the kernel's resource tracking lists it.
///
/// What the kernel withholds, or what objects of the kind do not have, is `nil`.
public struct RDMAResource: Hashable, Sendable {
  private let attributes: NetlinkAttributes

  /// Reads one entry of a listing.
  init(_ attributes: NetlinkAttributes) { self.attributes = attributes }

  /// Who made it.
  public var owner: ResourceOwner { ResourceOwner(attributes) }
  /// The kernel's number of a protection domain, or of a region's.
  public var pdn: UInt32? { number(RDMA_NLDEV_ATTR_RES_PDN) }
  /// The kernel's number of a memory region.
  public var mrn: UInt32? { number(RDMA_NLDEV_ATTR_RES_MRN) }
  /// The length of a region in bytes.
  public var length: UInt64? { number(RDMA_NLDEV_ATTR_RES_MRLEN) }
  /// A region's key for local work requests; only with CAP_NET_ADMIN.
  public var lkey: UInt32? { number(RDMA_NLDEV_ATTR_RES_LKEY) }
  /// A region's key for a peer; only with CAP_NET_ADMIN.
  public var rkey: UInt32? { number(RDMA_NLDEV_ATTR_RES_RKEY) }

  private func number<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: rdma_nldev_attr
  ) -> Value? {
    attributes.number(type.rawValue)
  }
}
