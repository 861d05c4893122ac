internal import CRecording
import Glibc
import LinuxSystem

/// The processes of a recorded program that still run when it has ended.
struct Survivors {
  /// Those that have the directory in their environment: their calls are recorded there for as long as they run.
  private(set) var recording: [String] = []
  /// Descendants of this process that have it not, or no more.
  private(set) var unrecorded: [String] = []

  /// Looks for them once those that are about to end have done so.
  init(of directory: RecordingDirectory) {
    self.init(now: directory)
    for _ in 0..<5 where !isEmpty {
      Pause.sleep(nanoseconds: 20_000_000)
      self.init(now: directory)
    }
  }

  private var isEmpty: Bool { recording.isEmpty && unrecorded.isEmpty }

  private init(now directory: RecordingDirectory) {
    let variable = Array("\(RECORDING_DIRECTORY)=\(directory.path)".utf8)[...]
    var parents: [Int32: Int32] = [:]
    var names: [(pid: Int32, name: String)] = []
    for pid in ProcessList.all() {
      guard let status = try? ProcessStatus(ofProcess: pid) else { continue }
      parents[pid] = status.parent
      if !status.isZombie { names.append((pid, "\(status.name) (\(pid))")) }
    }
    for (pid, name) in names {
      guard let environment = try? TextFile.bytes("/proc/\(pid)/environ") else { continue }
      if environment.split(separator: 0).contains(variable) {
        recording.append(name)
      } else if Survivors.isOurs(pid, parents) {
        unrecorded.append(name)
      }
    }
  }

  // What lost its parent came to this process. The list is no snapshot, so the way up may go in circles.
  private static func isOurs(_ pid: Int32, _ parents: [Int32: Int32]) -> Bool {
    var next = parents[pid]
    for _ in parents {
      guard let parent = next else { return false }
      if parent == getpid() { return true }
      next = parents[parent]
    }
    return false
  }

  /// A part of the summary for each sort that there is.
  var parts: [String] {
    [(recording, "recording"), (unrecorded, "not recorded")]
      .filter { !$0.0.isEmpty }
      .map { names, what in
        "\(names.count) still running and \(what): \(names.prefix(8).joined(separator: ", "))"
      }
  }
}
