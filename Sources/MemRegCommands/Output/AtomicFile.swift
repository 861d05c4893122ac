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

  /// Puts a new, empty file in the place of `path`, for output that grows, and gives its descriptor to write to.
  ///
  /// Links, devices and pipes are treated as by `write(_:to:)`. Throws what `open(2)` or `rename(2)` leave.
  static func open(_ path: String) throws(CommandFailure) -> Int32 {
    var (descriptor, failure) = (Int32(-1), Errno?.none)
    if isStream(path) {
      (descriptor, failure) = openStream(path)
    } else {
      let new = create(beside: path)
      (descriptor, failure) = (new.descriptor, new.failure)
      if failure == nil, unsafe rename(new.path, path) != 0 {
        failure = .current
        _ = unsafe unlink(new.path)
        close(descriptor)
      }
    }
    if let failure { throw CommandFailure(lostOutput: path, code: failure) }
    return descriptor
  }

  private static func create(
    beside path: String
  ) -> (path: String, descriptor: Int32, failure: Errno?) {
    let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
    var temporary = ""
    var (descriptor, code) = (Int32(-1), Errno.EEXIST)
    // O_EXCL follows no link; a name that exists belongs to somebody else.
    while descriptor < 0 && code == .EEXIST {
      temporary = "\(directory).memreg-\(String(UInt64.random(in: .min ... .max), radix: 36))"
      (descriptor, code) = unsafe (
        Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644), Errno.current
      )
    }
    return (temporary, descriptor, descriptor < 0 ? code : nil)
  }

  private static func replace(_ path: String, by bytes: [UInt8]) -> Errno? {
    let (temporary, descriptor, refusal) = create(beside: path)
    if let refusal { return refusal }
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
  private static func openStream(_ path: String) -> (descriptor: Int32, failure: Errno?) {
    let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { return (descriptor, .current) }
    _ = fcntl(descriptor, F_SETFL, 0)
    return (descriptor, nil)
  }

  private static func stream(_ bytes: [UInt8], to path: String) -> Errno? {
    let (descriptor, failure) = openStream(path)
    if let failure { return failure }
    defer { close(descriptor) }
    return FileDescriptorWriter.write(bytes, to: descriptor)
  }
}
