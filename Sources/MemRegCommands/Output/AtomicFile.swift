import Glibc
import LinuxSystem

/// A file that a reader sees whole or not at all: written beside its place, synced, and renamed over it; a stream is
/// written to as it comes.
struct AtomicFile: ~Copyable {
  private let place: OutputPlace
  /// The name of the file until it is in its place, where it has one.
  private var temporary: String?
  /// -1 for standard output, whose failures are kept elsewhere.
  private var descriptor: Int32 = -1
  private var buffer: [UInt8] = []

  private static let bufferSize = 1 << 16

  /// Writes `text` to `place`; throws if `open(2)`, `write(2)`, `fsync(2)` or `rename(2)` fails.
  static func write(_ text: String, to place: OutputPlace) throws(CommandFailure) {
    var file = try AtomicFile(place)
    try file.write(text)
    try file.commit()
  }

  /// Begins a file for `place`.
  init(_ place: OutputPlace) throws(CommandFailure) {
    self.place = place
    switch place.kind {
    case .standardOutput: break
    case .stream(let open): descriptor = open
    case .file:
      let directory = OutputPlace.directory(of: place.path)
      do throws(Errno) {
        let nameless = try NamelessFile.open(in: directory.isEmpty ? "." : String(directory))
        if let nameless {
          descriptor = nameless
        } else {
          (temporary, descriptor) = try AtomicFile.create(in: directory)
        }
      } catch {
        throw CommandFailure(lostOutput: place.name, code: error)
      }
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
    guard !place.isStream else { return }
    guard fsync(descriptor) == 0 else { throw lost(.current) }
    try putInPlace()
    let failure: Errno? = close(descriptor) == 0 ? nil : .current
    descriptor = -1
    if let failure { throw lost(failure) }
  }

  private mutating func putInPlace() throws(CommandFailure) {
    guard !place.isStream else { return }
    // rename(2) would replace a socket that came there meanwhile.
    try OutputPlace.checkReplaceable(place.path)
    while temporary == nil {
      let path = AtomicFile.temporaryPath(in: OutputPlace.directory(of: place.path))
      let code = NamelessFile.name(descriptor, path)
      guard code != .EEXIST else { continue }
      if let code { throw lost(code) }
      temporary = path
    }
    guard let temporary else { return }
    guard unsafe rename(temporary, place.path) == 0 else { throw lost(.current) }
    self.temporary = nil
  }

  private mutating func flush() throws(CommandFailure) {
    defer { buffer.removeAll(keepingCapacity: true) }
    guard descriptor >= 0 else {
      let text = String(decoding: buffer, as: UTF8.self)
      return StandardOutput.isTerminal ? StandardOutput.write(text) : StandardOutput.draw(text)
    }
    if let failure = FileDescriptorWriter.write(buffer, to: descriptor) { throw lost(failure) }
  }

  private func lost(_ code: Errno) -> CommandFailure {
    CommandFailure(lostOutput: place.name, code: code)
  }

  deinit {
    // A stream stays open.
    if descriptor >= 0 && !place.isStream { close(descriptor) }
    if let temporary { _ = unsafe unlink(temporary) }
  }

  /// Puts a new, empty file in `place`, for output that grows, and gives its descriptor to write to, `nil` for standard
  /// output. Throws if `open(2)` or `rename(2)` fails.
  static func open(_ place: OutputPlace) throws(CommandFailure) -> Int32? {
    var file = try AtomicFile(place)
    try file.putInPlace()
    defer { file.descriptor = -1 }
    return file.descriptor >= 0 ? file.descriptor : nil
  }

  private static func temporaryPath(in directory: Substring) -> String {
    "\(directory).memreg-\(String(UInt64.random(in: .min ... .max), radix: 36))"
  }

  /// O_EXCL follows no link; a name that exists belongs to somebody else.
  private static func create(in directory: Substring) throws(Errno) -> (String, Int32) {
    while true {
      let path = temporaryPath(in: directory)
      let (descriptor, code) = unsafe (
        Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644), Errno.current
      )
      if descriptor >= 0 { return (path, descriptor) }
      guard code == .EEXIST else { throw code }
    }
  }
}
