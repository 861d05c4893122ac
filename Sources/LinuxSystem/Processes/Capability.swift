internal import CLinux

/// A Linux capability that decides about pinning or devices.
public enum Capability: UInt64, Sendable, CaseIterable {
  case netAdmin = 12
  case ipcLock = 14
  case sysModule = 16
  case sysPtrace = 19
  case sysAdmin = 21
  case sysResource = 24

  /// The mask bit in `CapEff`.
  public var mask: UInt64 { 1 << rawValue }

  /// Whether the calling thread holds the capability in its effective set (`capget(2)`).
  public var isEffective: Bool {
    get throws(SystemError) { try Capability.sets().effective & mask != 0 }
  }

  /// Whether the kernel's `capable()` would grant it: effective, and in the initial user namespace.
  public var isGranted: Bool {
    get throws(SystemError) { try isEffective && UserNamespace.isInitial }
  }

  static func sets() throws(SystemError) -> (
    effective: UInt64, permitted: UInt64, inheritable: UInt64
  ) {
    var effective: UInt64 = 0
    var permitted: UInt64 = 0
    var inheritable: UInt64 = 0
    let code = unsafe clinux_get_capabilities(&effective, &permitted, &inheritable)
    try SystemError.check("read this thread's capabilities", code)
    return (effective, permitted, inheritable)
  }

  /// Whether the calling thread may make the capability effective (`CapPrm`).
  public var isPermitted: Bool {
    get throws(SystemError) { try Capability.sets().permitted & mask != 0 }
  }

  /// Makes a permitted capability effective in the calling thread; throws EPERM where it is not permitted.
  public func raiseEffective() throws(SystemError) {
    let sets = try Capability.sets()
    let code = clinux_set_capabilities(sets.effective | mask, sets.permitted, sets.inheritable)
    try SystemError.check("raise a capability", code)
  }

  /// Removes the capability from the calling thread's effective set; the permitted set keeps it.
  public func dropEffective() throws(SystemError) {
    let sets = try Capability.sets()
    let code = clinux_set_capabilities(sets.effective & ~mask, sets.permitted, sets.inheritable)
    try SystemError.check("drop a capability", code)
  }
}
