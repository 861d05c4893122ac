import Glibc

/// A file descriptor of a process, as /proc/PID/fd shows it.
public struct OpenDescriptor: Hashable, Sendable {
  /// The descriptor's number.
  public let number: Int32
  /// What it refers to: a path, with " (deleted)" after it where the file is gone, or a name such as `socket:[8]`.
  public let target: String

  /// All descriptors of `pid`, in no order.
  ///
  /// Throws ENOENT when the process is gone, EACCES where it is another user's.
  public static func all(ofProcess pid: Int32) throws(SystemError) -> [OpenDescriptor] {
    let path = "/proc/\(pid)/fd"
    guard unsafe access(path, R_OK | X_OK) == 0 else {
      let code = Errno.current
      throw SystemError("list the descriptors of process \(pid)", code: code)
    }
    return Directory.names(in: path)
      .compactMap { name in
        guard let number = Int32(name), let target = SymbolicLink.target(of: "\(path)/\(name)")
        else { return nil }
        return OpenDescriptor(number: number, target: target)
      }
  }
}
