import Glibc

/// The arguments of a process on one line.
public enum ArgumentText {
  /// The most bytes that are read: a process may have megabytes of arguments.
  public static let limit = 4096

  /// The arguments of `pid` with spaces between; `nil` if it is gone, hidden or ended, or is the kernel's.
  ///
  /// The process may have written anything in their place (`setproctitle(3)`).
  public static func read(ofProcess pid: Int32) -> String? {
    let descriptor = unsafe open("/proc/\(pid)/cmdline", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
    return count > 0 ? text(bytes[..<count]) : nil
  }

  /// Reads the content of a cmdline file, whose arguments each end by a zero.
  static func text(_ content: ArraySlice<UInt8>) -> String? {
    let end = content.lastIndex { $0 != 0 }.map { $0 + 1 } ?? content.startIndex
    let line = content[..<end].map { $0 == 0 ? UInt8(ascii: " ") : $0 }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }
}
