internal import CLinux
import Glibc
public import LinuxSystem

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

  /// Reads the limit of `pid`, 0 being this process; throws ESRCH where it is gone (`prlimit(2)`).
  ///
  /// Another user's process is read from /proc/PID/limits, which all may read where /proc is not mounted hidepid.
  public init(ofProcess pid: Int32 = 0) throws(SystemError) {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    let code = unsafe clinux_get_memlock(pid, &soft, &hard)
    if code == EPERM, let text = try? TextFile.read("/proc/\(pid)/limits"),
      let limit = Memlock(parsing: text)
    {
      self = limit
      return
    }
    try SystemError.check("read the memlock limit of process \(pid)", code)
    self.soft = soft == .max ? nil : soft
    self.hard = hard == .max ? nil : hard
  }

  /// Reads the "Max locked memory" line of a limits file; `nil` without one.
  public init?(parsing text: String) {
    let name = "Max locked memory"
    guard let line = text.split(scalar: "\n").first(where: { $0.hasPrefix(name) }) else {
      return nil
    }
    let fields = line.dropFirst(name.utf8.count).split(scalar: " ")
    guard fields.count >= 2 else { return nil }
    soft = UInt64(fields[0])
    hard = UInt64(fields[1])
  }

  /// Sets this limit for `pid`, 0 being this process; throws EPERM where `hard` would rise unprivileged.
  public func apply(toProcess pid: Int32 = 0) throws(SystemError) {
    let code = clinux_set_memlock(pid, soft ?? .max, hard ?? .max)
    try SystemError.check("set the memlock limit of process \(pid)", code)
  }

  /// How a shell raises `soft` to `hard`, which takes no privilege, and to how many bytes; `nil` if `ulimit -l`, which
  /// counts in KiB, cannot raise it.
  package var raise: (command: String, bytes: UInt64?)? {
    guard let soft else { return nil }
    guard let hard else { return ("ulimit -l unlimited", nil) }
    let kibibytes = hard / 1024
    return kibibytes * 1024 > soft ? ("ulimit -l \(kibibytes)", kibibytes * 1024) : nil
  }

  /// Whole base pages that fit under the soft limit, rounded down as `__ib_umem_get_va()` rounds.
  public var pages: UInt64? { soft.map { $0 / UInt64(BasePage.size) } }
}
