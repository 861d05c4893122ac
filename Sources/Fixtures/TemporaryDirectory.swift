import Glibc
import LinuxSystem

/// Directories under $TMPDIR or /tmp.
enum TemporaryDirectory {
  /// Makes a fresh directory and returns its path.
  static func make() throws(SystemError) -> String {
    let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/memreg-check-XXXXXX".utf8CString)
    let (made, code) = unsafe (mkdtemp(&template), Errno.current)
    guard let made = unsafe made else {
      throw SystemError("make a directory in \(base)", code: code)
    }
    return unsafe String(cString: made)
  }
}
