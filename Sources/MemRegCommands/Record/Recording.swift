internal import CRecording
import Documents
import LinuxSystem

/// The files of all processes of one recording, merged into one trace.
struct Recording {
  /// Regions are told apart by process and address; a forked child knows its parent's until it executes another program.
  private struct Place: Hashable {
    let process: UInt32
    let region: UInt64
  }

  /// What it came to, once it has been written.
  private(set) var summary = RecordSummary()
  private let directory: RecordingDirectory
  private var regions: [Place: Int] = [:]
  private var parents: [UInt32: UInt32] = [:]
  private var made = 0

  init(in directory: RecordingDirectory) { self.directory = directory }

  /// Writes the trace to `output`: the processes as they began, then their calls by the time at which they began.
  mutating func write(command: String, to output: OutputPlace) throws {
    var files: [RecordingFile] = []
    for path in directory.files {
      guard let file = try RecordingFile(path) else {
        summary.unrecorded += 1
        continue
      }
      if file.header.is_fork != 0 { parents[file.header.process] = file.header.parent }
      summary.lostCalls &+= file.header.lost
      files.append(file)
    }
    var trace = try TraceFile.Writer(command, to: output)
    for process in files.map(\.process).sorted(by: { ($0.timeNs ?? 0) < ($1.timeNs ?? 0) }) {
      summary.note(process)
      try trace.append(process)
    }
    // The first file goes on until another one has an earlier call.
    while let first = try earliest(of: files) {
      let limit = try earliest(of: files.filter { $0 !== first })?.nextTime() ?? .max
      while let time = try first.nextTime(), time <= limit, let entry = try first.next() {
        let event = event(of: entry, by: first.header.process)
        summary.note(event)
        try trace.append(event)
        if Interruption.isRequested {
          throw CommandFailure("\(output.name) is not written: interrupted", status: .interrupted)
        }
      }
    }
    try trace.commit()
  }

  private func earliest(of files: [RecordingFile]) throws(SystemError) -> RecordingFile? {
    var best: (file: RecordingFile, time: UInt64)?
    for file in files {
      guard let time = try file.nextTime(), time < best?.time ?? .max else { continue }
      best = (file, time)
    }
    return best?.file
  }

  private mutating func event(of entry: recording_entry, by process: UInt32) -> TraceEvent {
    let isDone = entry.phase == RECORDING_DONE.rawValue
    var event: TraceEvent
    switch entry.call {
    case RECORDING_DEREG_MR.rawValue: event = TraceEvent(.deregister)
    case RECORDING_REREG_MR.rawValue:
      event = TraceEvent(.reregister)
      event.access = entry.access
      event.changes = entry.changes
    default:
      event = TraceEvent(.register)
      event.access = entry.access
    }
    event.call = Recording.names[entry.call]
    event.pid = process
    event.thread = entry.thread
    event.timeNs = entry.begin_ns
    event.device = RecordingFile.text(entry.device)
    event.address = entry.address
    event.lengthBytes = entry.length
    if entry.iova != entry.address { event.iova = entry.iova }
    if entry.dmabuf >= 0 { event.dmabuf = entry.dmabuf }
    if entry.region != 0 {
      event.lkey = entry.lkey
      event.rkey = entry.rkey
    }
    if isDone {
      event.durationNs = entry.duration_ns
      event.errno = entry.result
    }
    event.region = number(for: event, entry.region, process)
    return event
  }

  private mutating func number(
    for event: TraceEvent,
    _ region: UInt64,
    _ process: UInt32
  ) -> Int? {
    let place = Place(process: process, region: region)
    switch event.event {
    case .register:
      guard event.errno == 0 else { return nil }
      made += 1
      regions[place] = made
      return made
    case .deregister where event.errno == 0:
      if let number = regions.removeValue(forKey: place) { return number }
      return known(region, to: parents[process])
    default: return known(region, to: process)
    }
  }

  private func known(_ region: UInt64, to process: UInt32?) -> Int? {
    var process = process
    while let each = process {
      if let number = regions[Place(process: each, region: region)] { return number }
      process = parents[each]
    }
    return nil
  }

  private static let names: [UInt32: String] = [
    RECORDING_REG_MR.rawValue: "ibv_reg_mr",
    RECORDING_REG_MR_IOVA.rawValue: "ibv_reg_mr_iova",
    RECORDING_REG_MR_IOVA2.rawValue: "ibv_reg_mr_iova2",
    RECORDING_REG_DMABUF_MR.rawValue: "ibv_reg_dmabuf_mr",
    RECORDING_REREG_MR.rawValue: "ibv_rereg_mr",
    RECORDING_DEREG_MR.rawValue: "ibv_dereg_mr",
  ]
}
