internal import CRecording
import Glibc
import LinuxSystem

/// The directory of a raw recording: a file for each process, and the command that was recorded.
struct RecordingDirectory {
  let path: String

  private static let commandFile = "command"

  /// A process that has the directory in its environment: its calls are recorded there for as long as it runs.
  struct Writer {
    let pid: Int32
    let name: String
  }

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
    try AtomicFile.write(command, to: "\(path)/\(RecordingDirectory.commandFile)")
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

  /// The processes that still write to it, once those that are about to end have done so.
  var writers: [Writer] {
    var found = currentWriters
    for _ in 0..<5 where !found.isEmpty {
      Pause.sleep(nanoseconds: 20_000_000)
      found = currentWriters
    }
    return found
  }

  private var currentWriters: [Writer] {
    let variable = Array("\(RECORDING_DIRECTORY)=\(path)".utf8)[...]
    return ProcessList.all()
      .compactMap { pid in
        guard let environment = try? TextFile.bytes("/proc/\(pid)/environ"),
          environment.split(separator: 0).contains(variable)
        else { return nil }
        return Writer(pid: pid, name: (try? ProcessStatus(ofProcess: pid))?.name ?? "?")
      }
  }

  /// Removes the directory with its files.
  func remove() {
    for name in Directory.names(in: path) { _ = unsafe unlink("\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }
}
