import Glibc

/// Whole small text files, such as those of /proc and /sys.
public enum TextFile {
  /// Reads `path` to its end; throws the errno of `open(2)` or `read(2)`. Bytes that are not UTF-8 are repaired.
  public static func read(_ path: String) throws(SystemError) -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }

  /// Reads `path` to its end as it is.
  public static func bytes(_ path: String) throws(SystemError) -> [UInt8] {
    let descriptor = try SystemError.check(
      "open \(path)",
      result: unsafe open(path, O_RDONLY | O_CLOEXEC)
    )
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16384)
    while true {
      let (count, code) = unsafe (Glibc.read(descriptor, &chunk, chunk.count), Errno.current)
      if count < 0 && code == .EINTR { continue }
      guard count >= 0 else { throw SystemError("read \(path)", code: code) }
      guard count > 0 else { break }
      guard content.count + count <= InputFile.documentLimit else {
        throw SystemError("read \(path)", code: .EFBIG)
      }
      content.append(contentsOf: chunk[..<count])
    }
    return content
  }

  /// The first line of `path` without its newline, or `nil` where it cannot be read.
  public static func firstLine(_ path: String) -> String? {
    guard let text = try? read(path) else { return nil }
    return String(text.prefix { $0 != "\n" })
  }
}
