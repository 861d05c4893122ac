import Documents
import LinuxSystem
import Tracing

extension TracedCall {
  /// The call as a line of a registration trace.
  var event: TraceEvent {
    var event = TraceEvent(kind)
    event.pid = UInt32(process)
    event.program = program
    event.thread = UInt32(bitPattern: record.thread)
    event.timeNs = record.begin
    event.durationNs = record.nanoseconds
    event.device = device
    event.region = region
    event.errno = record.errno.status
    event.backing = backing == .unknown ? nil : backing.name
    event.lengthBytes = lengthBytes
    if record.kind != .charge {
      event.address = address
      if record.iova != address, record.iova != 0 { event.iova = record.iova }
    }
    switch record.kind {
    case .register: if backing != .ioUring { event.access = record.access }
    case .reregister:
      event.access = record.access
      event.changes = record.changes
    default: break
    }
    if record.localKey != 0 {
      event.lkey = record.localKey
      event.rkey = record.remoteKey
    }
    event.pageFaults = record.hasParts ? record.faults : nil
    event.partsNs = parts
    if let failure = record.failure {
      event.failedStage = failure.stage?.name ?? Part.uverbs.name
      event.cause = failure.cause.rawValue
    }
    return event
  }

  private var kind: TraceEvent.Kind {
    switch record.kind {
    case .register: .register
    case .reregister: .reregister
    case .deregister: .deregister
    case .fault: .fault
    case .charge: .charge
    }
  }

  private var parts: [String: UInt64]? {
    guard record.hasParts else { return nil }
    return Dictionary(uniqueKeysWithValues: Part.allCases.map { ($0.name, record[$0]) })
  }
}
