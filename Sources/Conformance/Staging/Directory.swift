import Glibc
import HostMemory

/// The names in a directory.
enum Directory {
  /// All names but `.` and `..`, sorted; throws what `opendir(3)` leaves.
  static func names(_ path: String) throws(SystemError) -> [String] {
    let (stream, code) = unsafe (opendir(path), errno)
    guard let stream = unsafe stream else { throw SystemError("open \(path)", code: code) }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
