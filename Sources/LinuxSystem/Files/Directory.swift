import Glibc

/// The entries of directories.
public enum Directory {
  /// The names in `path` without `.` and `..`, sorted; empty where it cannot be read.
  public static func names(in path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { _ = unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether `path` is a directory that can be opened.
  public static func isDirectory(_ path: String) -> Bool {
    guard let directory = unsafe opendir(path) else { return false }
    _ = unsafe closedir(directory)
    return true
  }

  /// The paths of the files in `path` that end in `suffix`, sorted by name.
  public static func files(in path: String, suffix: String) -> [String] {
    names(in: path).filter { $0.hasSuffix(suffix) }.map { "\(path)/\($0)" }
  }
}
