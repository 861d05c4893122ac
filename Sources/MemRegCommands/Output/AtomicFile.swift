import Glibc
import LinuxSystem

/// Files that a reader sees whole or not at all.
enum AtomicFile {
  /// Writes `text` to a new file beside `path`, syncs it and renames it over `path`.
  ///
  /// A link at `path` is replaced, not followed. A device or a pipe, such as /dev/stdout, is written to. Throws what
  /// `open(2)`, `write(2)`, `fsync(2)` or `rename(2)` leave.
  static func write(_ text: String, to path: String) throws(CommandFailure) {
    let bytes = Array(text.utf8)
    let failure = isStream(path) ? stream(bytes, to: path) : replace(path, by: bytes)
    if let failure { throw CommandFailure(lostOutput: path, code: failure) }
  }

  private static func replace(_ path: String, by bytes: [UInt8]) -> Errno? {
    let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
    var temporary = ""
    var (descriptor, code) = (Int32(-1), Errno.EEXIST)
    // O_EXCL follows no link; a name that exists belongs to somebody else.
    while descriptor < 0 && code == .EEXIST {
      temporary = "\(directory).memreg-\(String(UInt64.random(in: .min ... .max), radix: 36))"
      (descriptor, code) = unsafe (
        open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644), Errno.current
      )
    }
    guard descriptor >= 0 else { return code }
    var failure = FileDescriptorWriter.write(bytes, to: descriptor)
    if failure == nil && fsync(descriptor) != 0 { failure = .current }
    if close(descriptor) != 0 && failure == nil { failure = .current }
    if failure == nil, unsafe rename(temporary, path) != 0 { failure = .current }
    if failure != nil { _ = unsafe unlink(temporary) }
    return failure
  }

  /// Whether `path` is a character device or a pipe, which a file must not replace.
  private static func isStream(_ path: String) -> Bool {
    var information = stat()
    guard unsafe stat(path, &information) == 0 else { return false }
    return [S_IFCHR, S_IFIFO].contains(information.st_mode & S_IFMT)
  }

  /// Without O_NONBLOCK a pipe that nobody reads would never be opened.
  private static func stream(_ bytes: [UInt8], to path: String) -> Errno? {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { return .current }
    defer { close(descriptor) }
    _ = fcntl(descriptor, F_SETFL, 0)
    return FileDescriptorWriter.write(bytes, to: descriptor)
  }
}
