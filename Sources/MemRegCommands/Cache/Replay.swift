import Diagnosis
import HostMemory
import LinuxSystem
import RegistrationCache
import Verbs

/// A trace in real memory, replayed under one policy after the other.
final class Replay {
  /// What one run came to.
  struct Run {
    /// From the first event to the last deregistration, without the page faults of memory that was mapped anew.
    var nanoseconds: UInt64 = 0
    var statistics = CacheStatistics()
    var failures = 0
    /// The first failure.
    var failure: CommandFailure?
    /// Bytes that the kernel charged to this process, at equal distances in the trace.
    var pinned: [UInt64] = []
  }

  /// How often the charge is read.
  static let looks = 64

  let arena: ReplayArena
  private let trace: Trace
  private let steps: [Trace.Step]
  private let strategies: ReplayStrategies
  private let counter: PinCounter

  init(_ trace: Trace, _ strategies: ReplayStrategies) throws {
    let arena = try ReplayArena(for: trace)
    self.trace = trace
    self.arena = arena
    self.strategies = strategies
    counter = try PinCounter()
    steps = trace.steps.flatMap { step -> [Trace.Step] in
      switch step {
      case .begin(let slot, let range, let access):
        [.begin(slot: slot, arena.place(range), access)]
      case .end: [step]
      case .unmap(let range): arena.places(within: range).map { .unmap($0) }
      }
    }
  }

  func run(_ policy: ReplayPolicy) throws -> Run {
    switch policy {
    case .none: try run(DirectTarget(strategies.pinning, slots: trace.slots))
    case .odp: try run(DirectTarget(try strategies.onDemand(), slots: trace.slots))
    case .copy: try run(CopyTarget(strategies.pinning))
    case .cache(let regions, let bytes):
      try run(
        CacheTarget(
          strategies.cache(CachePolicy(maximumRegions: regions ?? 1 << 20, maximumBytes: bytes)),
          slots: trace.slots
        )
      )
    }
  }

  private func run<Target: ReplayTarget & ~Copyable>(_ target: consuming Target) throws -> Run {
    var run = Run()
    let before = try counter.pages
    let stretch = max(1, steps.count / Replay.looks)
    var start = MonotonicClock.now
    for (index, step) in steps.enumerated() where !Interruption.isRequested {
      do {
        switch step {
        case .begin(let slot, let range, let access): try target.begin(slot, range, access)
        case .end(let slot): try target.end(slot)
        case .unmap(let range):
          try arena.buffer.renew(range)
          run.nanoseconds += MonotonicClock.now - start
          arena.touch(range)
          start = MonotonicClock.now
        }
      } catch {
        run.failures += 1
        if run.failure == nil {
          run.nanoseconds += MonotonicClock.now - start
          // While everything is still registered.
          let explanation = Explainer().explanation(of: error)
          run.failure = CommandFailure(wrapping: error, explained: explanation)
          start = MonotonicClock.now
        }
      }
      guard index % stretch == stretch - 1 else { continue }
      run.nanoseconds += MonotonicClock.now - start
      run.pinned.append(UInt64(max(0, try counter.pages - before) * BasePage.size))
      start = MonotonicClock.now
    }
    start = MonotonicClock.now
    run.statistics = target.finish()
    run.nanoseconds += MonotonicClock.now - start
    return run
  }
}
