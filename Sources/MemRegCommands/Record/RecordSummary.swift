import Documents

/// What a recording came to, in one line.
struct RecordSummary {
  /// Calls that found no room on the file system of the raw recording.
  var lostCalls: UInt64 = 0
  /// Processes that made a file and could not begin to record in it, as they said themselves.
  var unrecorded = 0
  private var processes = 0
  private var (made, failed, ended, unfinished) = (0, 0, 0, 0)
  private var (live, peak): (UInt64, UInt64) = (0, 0)
  private var lengths: [Int: UInt64] = [:]

  /// Counts an event of the trace.
  mutating func note(_ event: TraceEvent) {
    switch (event.event, event.errno) {
    case (.process, _): processes += 1
    case (_, nil): unfinished += 1
    case (.register, 0?):
      made += 1
      guard event.dmabuf == nil, let region = event.region, let length = event.lengthBytes else {
        return
      }
      lengths[region] = length
      let sum = live.addingReportingOverflow(length)
      live = sum.overflow ? .max : sum.partialValue
      peak = max(peak, live)
    case (.deregister, 0?):
      ended += 1
      let length = event.region.flatMap { lengths.removeValue(forKey: $0) } ?? 0
      live -= min(live, length)
    case (.register, _), (.deregister, _): failed += 1
    default: return
    }
  }

  /// What is said of the trace in `place`.
  func parts(of place: String) -> [String] {
    let missing = "\(unrecorded) \(unrecorded == 1 ? "process" : "processes") could not be recorded"
    guard processes > 0 else {
      return [unrecorded > 0 ? missing : RecorderLibrary.sawNothing, "\(place) has no event"]
    }
    let ends = ended == made ? "all ended" : "\(made - ended) never ended"
    var parts = [
      "\(made) registrations by \(processes) \(processes == 1 ? "process" : "processes"), \(ends), "
        + "at most \(ByteSize.text(peak)) at a time"
    ]
    if failed > 0 { parts.append("\(failed) failed") }
    if unfinished > 0 { parts.append("\(unfinished) under way when the process ended") }
    if unrecorded > 0 { parts.append(missing) }
    if lostCalls > 0 { parts.append("\(lostCalls) calls lost for want of room") }
    return ["\(parts.joined(separator: ", ")) in \(place)"]
  }
}
