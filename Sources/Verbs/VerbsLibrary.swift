import Glibc
import LinuxSystem

/// The verbs library that this process runs with.
public enum VerbsLibrary {
  /// The version of rdma-core, from the file name of libibverbs: "44.0" of `libibverbs.so.1.14.44.0`.
  ///
  /// `nil` where the library is linked in, or its file is named otherwise.
  public static var version: String? {
    guard let file = unsafe fopen("/proc/self/maps", "re") else { return nil }
    defer { unsafe fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { unsafe free(line) }
    while unsafe getline(&line, &capacity, file) > 0 {
      guard let text = unsafe line else { continue }
      if let version = unsafe version(inMapping: String(cString: text)) { return version }
    }
    return nil
  }

  static func version(inMapping line: String) -> String? {
    let prefix = "libibverbs.so.1."
    guard let name = line.split(scalar: "/").last, name.hasPrefix(prefix) else { return nil }
    let parts = name.dropFirst(prefix.count).split { $0 == "." || $0.isWhitespace }
    guard parts.count >= 3 else { return nil }
    return parts[1...].joined(separator: ".")
  }
}
