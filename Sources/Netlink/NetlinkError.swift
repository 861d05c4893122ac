public import LinuxSystem

/// A netlink request that the kernel refused, or a socket that could not be had.
public struct NetlinkError: Error, Equatable, Sendable {
  /// What was attempted, as a phrase that reads after "cannot".
  public let action: String
  /// The errno of the kernel's answer, EPROTONOSUPPORT where the kernel lacks the netlink family.
  public let code: Errno

  /// Records that `action` failed with `code`.
  public init(_ action: String, code: Errno) {
    self.action = action
    self.code = code
  }
}

extension NetlinkError {
  /// Whether the kernel lacks the netlink family altogether: no RDMA, or its module is not loaded.
  public var isLackOfFamily: Bool { code == .EPROTONOSUPPORT }

  /// Whether the device has gone that was asked about, between a list of the devices and the question.
  public var isLossOfDevice: Bool { code == .ENODEV }
}
