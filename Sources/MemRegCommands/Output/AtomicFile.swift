import Glibc
import LinuxSystem

/// A file that a reader sees whole or not at all: written beside its place, synced, and renamed over it.
///
/// A link in its place is replaced, not followed. A device or a pipe, such as /dev/stdout, is written to.
struct AtomicFile: ~Copyable {
  private let path: String
  /// `nil` for a device or a pipe.
  private var temporary: String?
  private var descriptor: Int32
  private var buffer: [UInt8] = []

  private static let bufferSize = 1 << 16

  /// Writes `text` to `path`; throws if `open(2)`, `write(2)`, `fsync(2)` or `rename(2)` fails.
  static func write(_ text: String, to path: String) throws(CommandFailure) {
    var file = try AtomicFile(path)
    try file.write(text)
    try file.commit()
  }

  /// Throws if a file could not be written to `path` now.
  static func probe(_ path: String) throws(CommandFailure) {
    // Whoever reads a pipe would take the probe for the whole.
    if !isStream(path) { _ = try AtomicFile(path) }
  }

  /// Begins a file for `path`.
  init(_ path: String) throws(CommandFailure) {
    let code: Errno
    self.path = path
    if AtomicFile.isStream(path) {
      (descriptor, code) = AtomicFile.openStream(path)
    } else {
      let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
      let file = AtomicFile.create(in: directory)
      temporary = file.path
      (descriptor, code) = (file.descriptor, file.code)
    }
    guard descriptor >= 0 else {
      temporary = nil
      throw CommandFailure(lostOutput: path, code: code)
    }
  }

  /// Adds `text`.
  mutating func write(_ text: String) throws(CommandFailure) {
    buffer += text.utf8
    if buffer.count >= AtomicFile.bufferSize { try flush() }
  }

  /// Puts the file in its place.
  mutating func commit() throws(CommandFailure) {
    try flush()
    guard temporary != nil else { return }
    guard fsync(descriptor) == 0 else { throw CommandFailure(lostOutput: path, code: .current) }
    let failure: Errno? = close(descriptor) == 0 ? nil : .current
    descriptor = -1
    if let failure { throw CommandFailure(lostOutput: path, code: failure) }
    try place()
  }

  private mutating func place() throws(CommandFailure) {
    guard let temporary else { return }
    guard unsafe rename(temporary, path) == 0 else {
      throw CommandFailure(lostOutput: path, code: .current)
    }
    self.temporary = nil
  }

  private mutating func flush() throws(CommandFailure) {
    let failure = FileDescriptorWriter.write(buffer, to: descriptor)
    buffer.removeAll(keepingCapacity: true)
    if let failure { throw CommandFailure(lostOutput: path, code: failure) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if let temporary { _ = unsafe unlink(temporary) }
  }

  /// Puts a new, empty file in the place of `path`, for output that grows, and gives its descriptor to write to.
  ///
  /// Links, devices and pipes are treated as by `write(_:to:)`. Throws if `open(2)` or `rename(2)` fails.
  static func open(_ path: String) throws(CommandFailure) -> Int32 {
    var file = try AtomicFile(path)
    try file.place()
    defer { file.descriptor = -1 }
    return file.descriptor
  }

  /// O_EXCL follows no link; a name that exists belongs to somebody else.
  private static func create(
    in directory: Substring
  ) -> (path: String, descriptor: Int32, code: Errno) {
    while true {
      let path = "\(directory).memreg-\(String(UInt64.random(in: .min ... .max), radix: 36))"
      let (descriptor, code) = unsafe (
        Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644), Errno.current
      )
      if descriptor >= 0 || code != .EEXIST { return (path, descriptor, code) }
    }
  }

  /// Whether `path` is a character device or a pipe, which a file must not replace.
  private static func isStream(_ path: String) -> Bool {
    var information = stat()
    guard unsafe stat(path, &information) == 0 else { return false }
    return [S_IFCHR, S_IFIFO].contains(information.st_mode & S_IFMT)
  }

  /// Without O_NONBLOCK a pipe that nobody reads would never be opened.
  private static func openStream(_ path: String) -> (descriptor: Int32, code: Errno) {
    let (descriptor, code) = unsafe (
      Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), Errno.current
    )
    if descriptor >= 0 { _ = fcntl(descriptor, F_SETFL, 0) }
    return (descriptor, code)
  }
}
