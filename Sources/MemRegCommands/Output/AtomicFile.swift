import Glibc
import HostMemory

/// Files that a reader sees whole or not at all.
enum AtomicFile {
  /// Writes `text` beside `path` and renames it over; throws what `open(2)`, `write(2)` or `rename(2)` leave.
  static func write(_ text: String, to path: String) throws {
    let action = "write \(path)"
    let temporary = "\(path).part"
    let (descriptor, code) = unsafe (
      open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644), errno
    )
    guard descriptor >= 0 else { throw SystemError(action, code: code) }
    do {
      try writeAll(Array(text.utf8), to: descriptor, action)
    } catch {
      close(descriptor)
      _ = unsafe unlink(temporary)
      throw error
    }
    close(descriptor)
    let (renamed, cause) = unsafe (rename(temporary, path), errno)
    guard renamed == 0 else {
      _ = unsafe unlink(temporary)
      throw SystemError(action, code: cause)
    }
  }

  private static func writeAll(
    _ bytes: [UInt8],
    to descriptor: Int32,
    _ action: String
  ) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      let (count, code) = unsafe bytes[written...]
        .withUnsafeBytes { part in
          unsafe (Glibc.write(descriptor, part.baseAddress, part.count), errno)
        }
      if count < 0 && code == EINTR { continue }
      guard count > 0 else { throw SystemError(action, code: code) }
      written += count
    }
  }
}
