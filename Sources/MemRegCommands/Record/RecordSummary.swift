import Documents

/// What a recording came to, in one line.
struct RecordSummary {
  let text: String

  init(_ recording: Recording) {
    var (made, failed, ended, unfinished) = (0, 0, 0, 0)
    var (live, peak): (UInt64, UInt64) = (0, 0)
    var lengths: [Int: UInt64] = [:]
    for event in recording.events {
      switch (event.event, event.errno) {
      case (.process, _): continue
      case (_, nil): unfinished += 1
      case (.register, 0?):
        made += 1
        if let region = event.region, event.dmabuf == nil { lengths[region] = event.lengthBytes }
        live += event.dmabuf == nil ? event.lengthBytes ?? 0 : 0
        peak = max(peak, live)
      case (.deregister, 0?):
        ended += 1
        if let region = event.region { live -= lengths.removeValue(forKey: region) ?? 0 }
      case (.register, _), (.deregister, _): failed += 1
      default: continue
      }
    }
    guard recording.processes > 0 else {
      text = "no registration seen: the program uses no libibverbs, or is linked with it statically"
      return
    }
    let ends = ended == made ? "all ended" : "\(made - ended) never ended"
    var parts = [
      "\(made) registrations by \(recording.processes) "
        + "\(recording.processes == 1 ? "process" : "processes"), \(ends), "
        + "at most \(ByteSize.text(peak)) at a time"
    ]
    if failed > 0 { parts.append("\(failed) failed") }
    if unfinished > 0 { parts.append("\(unfinished) under way when the process ended") }
    text = parts.joined(separator: ", ")
  }
}
