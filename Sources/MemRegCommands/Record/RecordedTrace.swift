import Benchmarking
import Documents
import HostMemory
import Verbs

/// A recording on its way to a trace that can be replayed: what never ended ends with the trace.
struct RecordedTrace {
  private var trace = Trace()
  private var open: [Int: Int] = [:]

  /// The trace of the file at `path`, which need not fit in memory.
  static func reading(_ path: String) throws -> Trace {
    var recorded = RecordedTrace()
    try TraceFile.forEach(in: path) { recorded.append($0) }
    return recorded.finish()
  }

  consuming func finish() -> Trace {
    for slot in open.values.sorted() { trace.end(slot) }
    return trace
  }

  mutating func append(_ event: TraceEvent) {
    let range = AddressRange(start: event.address ?? 0, length: event.lengthBytes ?? 0)
    switch event.event {
    case .trace, .process, .fault, .charge: return
    case .unmap: trace.unmap(range)
    case .register:
      guard event.errno == 0, event.dmabuf == nil, range.length > 0, let region = event.region
      else { return trace.skip() }
      if let before = open[region] { trace.end(before) }
      open[region] = trace.begin(range, RecordedTrace.replayable(event.access ?? 0))
    case .reregister:
      guard event.errno == 0, let region = event.region, let slot = open[region] else {
        return trace.skip()
      }
      trace.end(slot)
      open[region] = trace.begin(range, RecordedTrace.replayable(event.access ?? 0))
    case .deregister:
      guard event.errno == 0, let region = event.region, let slot = open.removeValue(forKey: region)
      else { return trace.skip() }
      trace.end(slot)
    }
  }

  // What decides who may do what; how the region is backed is the policy's to say.
  private static func replayable(_ access: UInt32) -> AccessFlags {
    var flags = AccessFlags(rawValue: access)
      .intersection([.localWrite, .remoteWrite, .remoteRead, .remoteAtomic])
    if !flags.isDisjoint(with: [.remoteWrite, .remoteAtomic]) { flags.insert(.localWrite) }
    return flags
  }
}

extension Trace {
  /// The trace of `events`; uses that never ended end with it.
  init(_ events: [TraceEvent]) {
    var recorded = RecordedTrace()
    for event in events { recorded.append(event) }
    self = recorded.finish()
  }
}
