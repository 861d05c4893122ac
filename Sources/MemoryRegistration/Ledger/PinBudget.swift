import HostMemory
public import LinuxSystem

/// What the kernel would compare a registration with: the memlock limit, whether it binds, and what is pinned.
public struct PinBudget: Equatable, Sendable {
  /// The soft RLIMIT_MEMLOCK in bytes, `nil` being unlimited.
  public var softBytes: UInt64?
  /// Whether CAP_IPC_LOCK lifts the limit: effective, in the initial user namespace.
  public var isPrivileged: Bool
  /// Base pages charged to the process by all who pin (`VmPin`), zero if that is below zero.
  public var pinnedPages: UInt64

  /// Says what there is.
  public init(softBytes: UInt64?, isPrivileged: Bool = false, pinnedPages: UInt64 = 0) {
    self.softBytes = softBytes
    self.isPrivileged = isPrivileged
    self.pinnedPages = pinnedPages
  }

  /// Base pages that may be pinned in all, `nil` where nothing binds; rounded down as the kernel rounds.
  public var limitPages: UInt64? {
    isPrivileged ? nil : softBytes.map { $0 / UInt64(BasePage.size) }
  }

  /// Base pages that may still be pinned, `nil` where nothing binds.
  public var headroomPages: UInt64? { limitPages.map { $0 - min($0, pinnedPages) } }

  /// Reads this process and the calling thread's capabilities; what cannot be read binds nothing, as the kernel judges.
  public static func ofThisProcess() -> PinBudget {
    PinBudget(
      softBytes: (try? Memlock())?.soft,
      isPrivileged: (try? Capability.ipcLock.isGranted) ?? false,
      pinnedPages: UInt64(clamping: (try? ProcessStatus())?.pinned ?? 0) / UInt64(BasePage.size)
    )
  }

  /// Reads another process; throws EPERM where its limit is hidden, ENOENT or ESRCH where it is gone.
  public init(ofProcess pid: Int32) throws(SystemError) {
    let status = try ProcessStatus(ofProcess: pid)
    let isEffective = status.effectiveCapabilities & Capability.ipcLock.mask != 0
    self.init(
      softBytes: try Memlock(ofProcess: pid).soft,
      isPrivileged: isEffective && UserNamespace.isInitial(ofProcess: pid),
      pinnedPages: UInt64(clamping: status.pinned) / UInt64(BasePage.size)
    )
  }
}
