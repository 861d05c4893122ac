import HostMemory
import Verbs

/// A registration trace as it is replayed: who uses which memory when.
struct Trace {
  /// One event; periods of use, from `register` to `deregister`, have a slot while they last.
  enum Step {
    case begin(slot: Int, AddressRange, AccessFlags)
    case end(slot: Int)
    case unmap(AddressRange)
  }

  private(set) var steps: [Step] = []
  /// Periods of use.
  private(set) var uses = 0
  /// The most of them at a time.
  private(set) var slots = 0
  /// Recorded events that are not replayed: failed, of dma-bufs, or of regions made before the recording.
  private(set) var skipped = 0
  private var open: [Int: Int] = [:]
  private var free: [Int] = []

  init() {}

  /// Takes over what was recorded; what never ended ends with the trace.
  init(_ events: [TraceEvent]) {
    for event in events { append(event) }
    endOpen()
  }

  /// Takes over what was recorded in the file at `path`, which need not fit in memory.
  init(reading path: String) throws {
    try TraceFile.forEach(in: path) { append($0) }
    endOpen()
  }

  /// Begins a period of use and gives its slot.
  mutating func begin(_ range: AddressRange, _ access: AccessFlags) -> Int {
    let slot = free.popLast() ?? slots
    slots = max(slots, slot + 1)
    uses += 1
    steps.append(.begin(slot: slot, range, access))
    return slot
  }

  mutating func end(_ slot: Int) {
    steps.append(.end(slot: slot))
    free.append(slot)
  }

  mutating func unmap(_ range: AddressRange) { steps.append(.unmap(range)) }

  private mutating func append(_ event: TraceEvent) {
    let range = AddressRange(start: event.address ?? 0, length: event.lengthBytes ?? 0)
    switch event.event {
    case .trace, .process: return
    case .unmap: unmap(range)
    case .register:
      guard event.errno == 0, event.dmabuf == nil, range.length > 0, let region = event.region
      else { return skip() }
      open[region] = begin(range, Trace.replayable(event.access ?? 0))
    case .reregister:
      guard event.errno == 0, let region = event.region, let slot = open[region] else {
        return skip()
      }
      end(slot)
      open[region] = begin(range, Trace.replayable(event.access ?? 0))
    case .deregister:
      guard event.errno == 0, let region = event.region, let slot = open.removeValue(forKey: region)
      else { return skip() }
      end(slot)
    }
  }

  private mutating func endOpen() { for slot in open.values.sorted() { end(slot) } }

  private mutating func skip() { skipped += 1 }

  // What decides who may do what; how the region is backed is the policy's to say.
  private static func replayable(_ access: UInt32) -> AccessFlags {
    var flags = AccessFlags(rawValue: access)
      .intersection([.localWrite, .remoteWrite, .remoteRead, .remoteAtomic])
    if !flags.isDisjoint(with: [.remoteWrite, .remoteAtomic]) { flags.insert(.localWrite) }
    return flags
  }
}
