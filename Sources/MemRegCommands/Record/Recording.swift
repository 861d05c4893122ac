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

  private(set) var events: [TraceEvent] = []
  private(set) var processes = 0
  private var regions: [Place: Int] = [:]
  private var parents: [UInt32: UInt32] = [:]
  private var made = 0

  /// Reads every recording in `directory`.
  init(directory: String) throws(SystemError) {
    var calls: [(process: UInt32, entry: recording_entry)] = []
    for name in Directory.names(in: directory) {
      guard let file = try RecordingFile("\(directory)/\(name)") else { continue }
      processes += 1
      events.append(file.process)
      if file.header.is_fork != 0 { parents[file.header.process] = file.header.parent }
      calls += file.entries.map { (file.header.process, $0) }
    }
    events.sort { ($0.timeNs ?? 0) < ($1.timeNs ?? 0) }
    calls.sort { $0.entry.begin_ns < $1.entry.begin_ns }
    for call in calls { events.append(event(of: call.entry, by: call.process)) }
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
