internal import CRecording
import Documents
import LinuxSystem

/// What one process recorded: the file that libmemreg-record.so leaves, whatever ended the process.
@safe
struct RecordingFile {
  let header: recording_header
  private let bytes: [UInt8]

  /// `nil` for a file that was never begun.
  init?(_ path: String) throws(SystemError) {
    let bytes = try TextFile.bytes(path)
    guard bytes.count >= MemoryLayout<recording_header>.size else { return nil }
    let header = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: recording_header.self) }
    guard header.magic == RECORDING_MAGIC else { return nil }
    self.header = header
    self.bytes = bytes
  }

  /// The entries that were begun, in the order in which their calls were.
  var entries: [recording_entry] {
    let size = MemoryLayout<recording_entry>.stride
    return unsafe bytes.withUnsafeBytes { bytes in
      (1..<max(1, bytes.count / size))
        .map { unsafe bytes.loadUnaligned(fromByteOffset: $0 * size, as: recording_entry.self) }
        .filter { $0.phase != RECORDING_NONE.rawValue }
    }
  }

  /// The line that introduces the process.
  var process: TraceEvent {
    var event = TraceEvent(.process)
    event.pid = header.process
    event.parent = header.parent
    event.timeNs = header.started_ns
    event.forked = header.is_fork != 0
    event.program = RecordingFile.text(header.program)
    return event
  }

  /// A fixed array of characters up to its first zero.
  static func text<Characters>(_ characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
