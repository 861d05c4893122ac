internal import CRecording
import Glibc
import LinuxSystem

/// The directory of a raw recording: a file for each process, and the command that was recorded.
struct RecordingDirectory {
  let path: String

  private static let commandFile = "command"

  /// The directory of an earlier recording.
  init(_ path: String) { self.path = path }

  /// Makes one under $TMPDIR or /tmp for `command`; throws if `mkdtemp(3)` or writing to it fails.
  init(for command: String) throws {
    let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    // Programs change their directory.
    let absolute = unsafe realpath(base, nil)
      .map { resolved in
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
      }
    var template = Array("\(absolute ?? base)/memreg-record-XXXXXX".utf8CString)
    let (made, code) = unsafe (mkdtemp(&template), Errno.current)
    guard let made = unsafe made else {
      throw SystemError("make a directory in \(base)", code: code)
    }
    path = unsafe String(cString: made)
    let place = OutputPlace(own: "\(path)/\(RecordingDirectory.commandFile)")
    do {
      try AtomicFile.write(command, to: place)
    } catch {
      remove()
      throw error
    }
  }

  /// The command that was recorded, as far as it is known.
  var command: String? {
    guard let bytes = try? InputFile.bytes("\(path)/\(RecordingDirectory.commandFile)") else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The files in it that processes may have written.
  var files: [String] {
    Directory.names(in: path).filter { $0 != RecordingDirectory.commandFile }
      .map { "\(path)/\($0)" }
  }

  /// Whether a process has begun to record in it; throws if a file cannot be read.
  func hasRecordings() throws(SystemError) -> Bool {
    for path in files where try RecordingFile(path) != nil { return true }
    return false
  }

  /// Removes the directory with its files.
  func remove() {
    for name in Directory.names(in: path) { _ = unsafe unlink("\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }
}
