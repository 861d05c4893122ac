import HostMemory
import LinuxSystem
import Measurement
import Verbs

/// Traces as typical programs make them.
package enum TracePattern: String, CaseIterable, Sendable {
  /// Buffers of one size, used in turn.
  case ring
  /// Buffers of one size, used at random.
  case random
  /// Pieces of a heap that grows step by step, of any size and place; at times its end is given back.
  case heap
  /// Small eager buffers of a pool over and over, and large messages in memory that is freed at times.
  case mpi

  /// How much of everything.
  package struct Scale {
    package var uses = 20_000
    package var buffers: UInt64 = 256
    package var size: UInt64 = 64 << 10
    /// Uses that overlap in time.
    package var window = 8
    package var seed: UInt64 = 1

    package init() {}
  }

  /// Makes a trace, cut short by an interruption; equal scales give equal traces.
  package func trace(_ scale: Scale) -> Trace {
    var maker = TraceMaker(scale)
    while maker.isUnfinished, !Interruption.isRequested { maker.step(self) }
    return maker.finish()
  }
}

private struct TraceMaker {
  private let scale: TracePattern.Scale
  private var random: SplitMix64
  private var trace = Trace()
  private var open: [Int] = []
  private var turn: UInt64 = 0
  private var top: UInt64
  private let page: UInt64 = 4096
  private let base: UInt64 = 1 << 40

  init(_ scale: TracePattern.Scale) {
    self.scale = scale
    random = SplitMix64(seed: scale.seed)
    top = scale.size * 4
  }

  var isUnfinished: Bool { trace.uses < scale.uses }

  mutating func finish() -> Trace {
    for use in open { trace.end(use) }
    return trace
  }

  mutating func step(_ pattern: TracePattern) {
    turn += 1
    switch pattern {
    case .ring: use(buffer(turn % scale.buffers))
    case .random: use(buffer(below(scale.buffers)))
    case .heap: stepHeap()
    case .mpi: stepMessages()
    }
  }

  private mutating func stepHeap() {
    let limit = scale.buffers * scale.size
    if turn % 64 == 0 { top = min(limit, top + scale.size * 2) }
    if turn % 1024 == 0, top > scale.size * 8 {
      let kept = top / 4 * 3 / page * page
      // Nobody gives memory back that is in use.
      endAll()
      trace.unmap(AddressRange(start: base + kept, length: top - kept))
      top = kept
    }
    let length = 1 + below(scale.size * 2)
    use(AddressRange(start: base + below(max(1, top - min(top, length))), length: min(length, top)))
  }

  private mutating func stepMessages() {
    guard below(10) == 0 else {
      use(AddressRange(start: base + below(64) * 2 * page, length: 2 * page))
      return
    }
    // Sixteen slots, of which each holds one message of one size until it is freed.
    let slot = below(16)
    let largest = scale.size * scale.buffers / 16
    let range = AddressRange(
      start: base + (1 << 30) + slot * (largest + page),
      length: max(page, largest >> (slot % 6))
    )
    use(range)
    guard below(8) == 0 else { return }
    endAll()
    trace.unmap(range)
  }

  private func buffer(_ number: UInt64) -> AddressRange {
    AddressRange(start: base + number * (scale.size + page), length: scale.size)
  }

  private mutating func use(_ range: AddressRange) {
    if open.count >= scale.window { trace.end(open.removeFirst()) }
    open.append(trace.begin(range, [.localWrite, .remoteRead, .remoteWrite]))
  }

  private mutating func endAll() {
    for use in open { trace.end(use) }
    open = []
  }

  private mutating func below(_ bound: UInt64) -> UInt64 { random.next() % max(1, bound) }
}
