internal import CLinux

/// RLIMIT_MEMLOCK of a process, in bytes; `nil` is "unlimited".
public struct Memlock: Equatable, Sendable {
  /// The limit that the kernel compares with `VmPin`.
  public var soft: UInt64?
  /// The ceiling up to which an unprivileged process may raise `soft`.
  public var hard: UInt64?

  /// A limit of `soft` and `hard` bytes.
  public init(soft: UInt64?, hard: UInt64?) {
    self.soft = soft
    self.hard = hard
  }

  /// Reads the limit of `pid`, 0 being this process; throws ESRCH or EPERM (`prlimit(2)`).
  public init(ofProcess pid: Int32 = 0) throws(SystemError) {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    let code = unsafe clinux_get_memlock(pid, &soft, &hard)
    try SystemError.check("read the memlock limit of process \(pid)", code)
    self.soft = soft == .max ? nil : soft
    self.hard = hard == .max ? nil : hard
  }

  /// Sets this limit for `pid`, 0 being this process; throws EPERM where `hard` would rise unprivileged.
  public func apply(toProcess pid: Int32 = 0) throws(SystemError) {
    let code = clinux_set_memlock(pid, soft ?? .max, hard ?? .max)
    try SystemError.check("set the memlock limit of process \(pid)", code)
  }

  /// Whole base pages that fit under the soft limit, rounded down as `__ib_umem_get_va()` rounds.
  public var pages: UInt64? { soft.map { $0 / UInt64(BasePage.size) } }
}
