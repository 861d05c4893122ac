internal import CNetlink

/// What holds of the kernel's whole RDMA subsystem.
public struct RDMASystem: Equatable, Sendable {
  /// Whether fork copies pinned pages for the child, so that MADV_DONTFORK is not needed (5.12 and later).
  public let copiesOnFork: Bool
  /// Whether all network namespaces share all devices.
  public let sharesNamespaces: Bool

  init(_ attributes: NetlinkAttributes) {
    let copies: UInt8? = attributes.number(RDMA_NLDEV_SYS_ATTR_COPY_ON_FORK.rawValue)
    let mode: UInt8? = attributes.number(RDMA_NLDEV_SYS_ATTR_NETNS_MODE.rawValue)
    copiesOnFork = copies == 1
    sharesNamespaces = mode == 1
  }
}
