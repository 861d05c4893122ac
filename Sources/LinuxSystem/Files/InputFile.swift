import Glibc

/// A file that somebody named, read in bounds: a regular file, or standard input for "-".
///
/// A device may have no end, and a pipe nobody who writes to it.
public struct InputFile: ~Copyable {
  /// The most bytes of a document: 256 MiB.
  public static let documentLimit = 256 << 20
  /// The most bytes of a line: 1 MiB.
  public static let lineLimit = 1 << 20

  private let descriptor: Int32
  private let path: String
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  private var lines = 0

  private static let chunk = 1 << 18

  /// Opens `path`; throws if `open(2)` fails, or why it is not read.
  public init(_ path: String) throws(InputError) {
    descriptor = try path == "-" ? STDIN_FILENO : InputFile.open(path)
    self.path = path
  }

  /// Without O_NONBLOCK a pipe that nobody writes to would never be opened.
  private static func open(_ path: String) throws(InputError) -> Int32 {
    let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    let (descriptor, code) = unsafe (Glibc.open(path, flags), Errno.current)
    // What open(2) says of a socket.
    guard code != .ENXIO || descriptor >= 0 else { throw irregular(path) }
    guard descriptor >= 0 else { throw .refused(SystemError("open \(path)", code: code)) }
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG
    else {
      close(descriptor)
      throw irregular(path)
    }
    return descriptor
  }

  private static func irregular(_ path: String) -> InputError {
    .unsuitable(path: path, reason: "it is no regular file; - reads standard input")
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// The whole file at `path`; throws if it has more than `limit` bytes.
  public static func bytes(
    _ path: String,
    limit: Int = documentLimit
  ) throws(InputError) -> [UInt8] {
    var file = try InputFile(path)
    while file.buffer.count <= limit, try file.fill() {}
    guard file.buffer.count <= limit else {
      throw .unsuitable(path: path, reason: "it has more than \(limit >> 20) MiB")
    }
    return file.buffer
  }

  /// The next line without its newline, `nil` at the end; throws if it is longer than `lineLimit`.
  public mutating func line() throws(InputError) -> [UInt8]? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        return take(to: end, next: end + 1)
      }
      searched = buffer.count
      guard buffer.count - start <= InputFile.lineLimit else {
        throw .unsuitable(
          path: path,
          reason: "line \(lines + 1) is longer than \(InputFile.lineLimit >> 20) MiB"
        )
      }
      guard try fill() else { break }
      searched -= discard()
    }
    return start < buffer.count ? take(to: buffer.count, next: buffer.count) : nil
  }

  private mutating func take(to end: Int, next: Int) -> [UInt8] {
    lines += 1
    defer { start = next }
    return Array(buffer[start..<end])
  }

  /// Drops the lines that were given out; returns how many bytes they were.
  private mutating func discard() -> Int {
    guard start >= InputFile.chunk else { return 0 }
    defer { start = 0 }
    buffer.removeFirst(start)
    return start
  }

  /// Reads more; `false` at the end.
  private mutating func fill() throws(InputError) -> Bool {
    guard !isAtEnd else { return false }
    var (count, code) = (0, Errno.EINTR)
    let chunk = unsafe [UInt8](unsafeUninitializedCapacity: InputFile.chunk) { bytes, filled in
      repeat {
        (count, code) = unsafe (read(descriptor, bytes.baseAddress, bytes.count), Errno.current)
      } while count < 0 && code == .EINTR
      filled = max(0, count)
    }
    guard count >= 0 || code != .EISDIR else {
      throw .unsuitable(path: path, reason: "it is a directory")
    }
    guard count >= 0 else { throw .refused(SystemError("read \(path)", code: code)) }
    buffer += chunk
    isAtEnd = count == 0
    return count > 0
  }
}
