internal import CNetlink

/// Who made an object of an RDMA device.
public enum ResourceOwner: Hashable, Sendable {
  /// The thread that made it, which the kernel calls a PID: /proc/TID/status tells the process.
  case thread(Int32)
  /// A part of the kernel, by its name.
  case kernel(String)
  /// A thread that has ended, though its process may live, or one that is not visible here.
  case unknown

  init(_ attributes: NetlinkAttributes) {
    if let pid = attributes.number(RDMA_NLDEV_ATTR_RES_PID.rawValue, as: UInt32.self), pid > 0 {
      self = .thread(Int32(truncatingIfNeeded: pid))
    } else if let name = attributes.text(RDMA_NLDEV_ATTR_RES_KERN_NAME.rawValue) {
      self = .kernel(name)
    } else {
      self = .unknown
    }
  }

  /// Whether user space made it, known thread or not.
  public var isUser: Bool {
    if case .kernel = self { false } else { true }
  }
}
