import Glibc
import LinuxSystem

/// A directory under $TMPDIR or /tmp that goes, with its files, when it goes out of scope.
struct ScratchDirectory: ~Copyable {
  let path: String

  /// Throws what `mkdtemp(3)` says.
  init() throws(SystemError) {
    let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/memreg-record-XXXXXX".utf8CString)
    let (made, code) = unsafe (mkdtemp(&template), Errno.current)
    guard let made = unsafe made else {
      throw SystemError("make a directory in \(base)", code: code)
    }
    path = unsafe String(cString: made)
  }

  deinit {
    for name in Directory.names(in: path) { _ = unsafe unlink("\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }
}
