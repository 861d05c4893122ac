public import LinuxSystem

/// CAP_IPC_LOCK of a process as the kernel judges it for pinning: `capable()`, which asks the initial user namespace.
public struct LockCapability: Equatable, Sendable {
  /// What becomes of the capability.
  public enum Standing: String, Sendable {
    case granted
    case inertInUserNamespace = "inert_in_user_namespace"
    case notEffective = "not_effective"
    case absent
  }

  /// The verdict.
  public let standing: Standing
  /// Whether the memlock limit does not bind.
  public var liftsLimit: Bool { standing == .granted }

  /// Reads the capability of `pid`; throws ENOENT where it is gone.
  public init(ofProcess pid: Int32) throws(SystemError) {
    self.init(
      try ProcessStatus(ofProcess: pid),
      inInitialNamespace: UserNamespace.isInitial(ofProcess: pid)
    )
  }

  /// Judges the capability sets of `status`.
  public init(_ status: ProcessStatus, inInitialNamespace: Bool) {
    let mask = Capability.ipcLock.mask
    standing =
      switch (status.effectiveCapabilities & mask != 0, inInitialNamespace) {
      case (true, true): .granted
      case (true, false): .inertInUserNamespace
      case (false, _):
        (status.permittedCapabilities | status.boundingCapabilities) & mask != 0
          ? .notEffective : .absent
      }
  }

  /// One phrase that says why.
  public var explanation: String {
    switch standing {
    case .granted: "CAP_IPC_LOCK is effective in the initial user namespace"
    case .inertInUserNamespace:
      "CAP_IPC_LOCK is inert: the process is in a child user namespace and the kernel asks the initial one"
    case .notEffective: "CAP_IPC_LOCK is not in the effective set; a non-root user loses it at exec"
    case .absent: "no CAP_IPC_LOCK, and it is unavailable: dropped from the bounding set"
    }
  }
}
