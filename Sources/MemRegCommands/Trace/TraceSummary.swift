import LinuxSystem
import Tracing

/// What a trace comes to, by process and device.
struct TraceSummary {
  /// Whose calls are counted together.
  struct Key: Hashable {
    let process: Int32
    let program: String
    let device: String?
  }

  /// The times of one kind of call.
  struct Times {
    private(set) var total = DurationCounts()
    private(set) var parts = [DurationCounts](
      repeating: DurationCounts(),
      count: Part.allCases.count
    )

    mutating func record(_ record: TraceRecord) {
      total.record(record.nanoseconds)
      guard record.hasParts else { return }
      for part in Part.allCases { parts[part.rawValue].record(record[part]) }
    }
  }

  /// What one process has done on one device.
  struct Group {
    var calls: [CallKind: Int] = [:]
    var failed = 0
    /// Bytes of the regions that it has made and not ended since the trace began.
    var bytes: UInt64 = 0
    var regions = 0
    var times: [CallKind: Times] = [:]
  }

  /// Failures that are alike.
  struct Failure: Hashable {
    let key: Key
    let kind: CallKind
    let errno: Errno
    let failure: TraceFailure
  }

  private(set) var groups: [Key: Group] = [:]
  private(set) var failures: [Failure: Int] = [:]
  private(set) var calls = 0

  /// How many calls failed.
  var failed: Int { failures.values.reduce(0, +) }

  /// Counts a call.
  mutating func add(_ call: TracedCall) {
    let record = call.record
    let key = Key(process: call.process, program: call.program, device: call.device)
    var group = groups[key] ?? Group()
    calls += 1
    if let failure = record.failure, let errno = record.errno {
      group.failed += 1
      failures[
        Failure(key: key, kind: record.kind, errno: errno, failure: failure),
        default: 0
      ] += 1
    } else {
      group.calls[record.kind, default: 0] += 1
      group.times[record.kind, default: Times()].record(record)
      group.count(call)
    }
    groups[key] = group
  }
}

extension TraceSummary.Group {
  fileprivate mutating func count(_ call: TracedCall) {
    switch call.record.kind {
    case .register:
      regions += 1
      bytes += call.lengthBytes
    case .deregister where call.isOfTrace(regions):
      regions -= 1
      bytes -= min(bytes, call.lengthBytes)
    default: break
    }
  }
}

extension TracedCall {
  /// Whether the region that ends was made during the trace; without numbers, if some were.
  fileprivate func isOfTrace(_ regions: Int) -> Bool {
    region != nil || (!record.hasParts && regions > 0)
  }
}
