internal import CLinux

/// The number of files that a process may have open (`RLIMIT_NOFILE`).
public struct OpenFiles: Equatable, Sendable {
  /// The number that the kernel compares every new descriptor with.
  public let soft: UInt64
  /// The ceiling up to which an unprivileged process may raise `soft`.
  public let hard: UInt64

  /// Reads the limit of `pid`, 0 being this process; throws ESRCH if it has ended, EPERM for another user's
  /// (`prlimit(2)`). Needs no descriptor.
  public init(ofProcess pid: Int32 = 0) throws(SystemError) {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    let code = unsafe clinux_get_open_files(pid, &soft, &hard)
    try SystemError.check("read the limit of open files of process \(pid)", code)
    self.soft = soft
    self.hard = hard
  }

  /// Raises the soft limit of this process to its hard limit, and returns it.
  @discardableResult
  public static func raiseLimit() throws(SystemError) -> UInt64 {
    var files: UInt64 = 0
    let code = unsafe clinux_raise_open_files(&files)
    try SystemError.check("raise the limit of open files", code)
    return files
  }
}
