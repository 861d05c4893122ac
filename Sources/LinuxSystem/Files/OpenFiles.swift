internal import CLinux

/// The number of files that this process may have open (`RLIMIT_NOFILE`).
public enum OpenFiles {
  /// Raises the soft limit of this process to its hard limit, and returns it.
  @discardableResult
  public static func raiseLimit() throws(SystemError) -> UInt64 {
    var files: UInt64 = 0
    let code = unsafe clinux_raise_open_files(&files)
    try SystemError.check("raise the limit of open files", code)
    return files
  }
}
