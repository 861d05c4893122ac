internal import CRecording
import Documents
import Glibc
import LinuxSystem

/// What one process recorded, in the order in which its calls began: the file that libmemreg-record.so leaves,
/// whatever ended the process. It is read in pieces, as a recording need not fit in memory.
@safe
final class RecordingFile {
  let header: recording_header
  private let path: String
  private let descriptor: Int32
  /// The calls of the piece that was read last, the next one at the end.
  private var entries: [recording_entry] = []
  private var offset = MemoryLayout<recording_entry>.stride

  /// A multiple of an entry's size.
  private static let pieceSize = 1 << 20

  /// `nil` for a file that was never begun, and for what is none.
  init?(_ path: String) throws(SystemError) {
    let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let (descriptor, code) = unsafe (open(path, flags), Errno.current)
    guard descriptor >= 0 else {
      // A link, a socket.
      if code == .ELOOP || code == .ENXIO { return nil }
      throw SystemError("open \(path)", code: code)
    }
    var header = recording_header()
    let count = unsafe withUnsafeMutableBytes(of: &header) { bytes in
      unsafe pread(descriptor, bytes.baseAddress, bytes.count, 0)
    }
    guard count == MemoryLayout<recording_header>.size, header.magic == RECORDING_MAGIC else {
      close(descriptor)
      return nil
    }
    self.header = header
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// When the next call began; `nil` after the last one.
  func nextTime() throws(SystemError) -> UInt64? {
    try fill()
    return entries.last?.begin_ns
  }

  /// The next call.
  func next() throws(SystemError) -> recording_entry? {
    try fill()
    return entries.popLast()
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

  /// Reads pieces until one has a call that was begun, or the file ends.
  private func fill() throws(SystemError) {
    while entries.isEmpty {
      let piece = try read()
      guard !piece.isEmpty else { return }
      // Threads may begin calls in another order than that of their entries.
      entries = piece.filter { $0.phase != RECORDING_NONE.rawValue }
        .sorted { $0.begin_ns > $1.begin_ns }
    }
  }

  private func read() throws(SystemError) -> [recording_entry] {
    let size = MemoryLayout<recording_entry>.stride
    var (count, code) = (0, Errno.EIO)
    let piece = unsafe [recording_entry](
      unsafeUninitializedCapacity: RecordingFile.pieceSize / size
    ) { entries, filled in
      let bytes = UnsafeMutableRawBufferPointer(entries)
      (count, code) = unsafe (
        pread(descriptor, bytes.baseAddress, RecordingFile.pieceSize, off_t(offset)), Errno.current
      )
      filled = max(0, count) / size
    }
    guard count >= 0 else { throw SystemError("read \(path)", code: code) }
    offset += piece.count * size
    return piece
  }
}
