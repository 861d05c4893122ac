import Glibc

/// Symbolic links, such as those of /proc.
public enum SymbolicLink {
  /// What the link at `path` says, or `nil` where it is no link or cannot be read.
  public static func target(of path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
