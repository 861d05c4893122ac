import Diagnosis
import HostMemory
import LinuxSystem
package import RegistrationCache

/// A trace in real memory, replayed under one policy after the other.
package final class CacheReplay {
  /// What one run came to.
  package struct Run {
    /// From the first event to the last deregistration, without the page faults of memory that was mapped anew.
    package var nanoseconds: UInt64 = 0
    package var statistics = CacheStatistics()
    package var failures = 0
    /// The first failure.
    package var failure: String?
    /// Bytes that the kernel charged to this process, at equal distances in the trace.
    package var pinned: [UInt64] = []
  }

  /// How often the charge is read.
  private static let looks = 64

  private let arena: ReplayArena
  private let trace: Trace
  private let steps: [Trace.Step]
  private let strategies: ReplayStrategies
  private let counter: PinCounter
  private let explain: (any Error) -> String

  /// Maps the memory of `trace`; `explain` gives the text for an error while what led to it still exists.
  ///
  /// Throws `CacheReplayError` if the trace does not fit.
  package init(
    _ trace: Trace,
    _ strategies: ReplayStrategies,
    explain: @escaping (any Error) -> String = { "\($0)" }
  ) throws {
    let arena = try ReplayArena(for: trace)
    self.trace = trace
    self.arena = arena
    self.strategies = strategies
    self.explain = explain
    counter = try PinCounter()
    var steps: [Trace.Step] = []
    for step in trace.steps {
      if Interruption.isRequested { break }
      switch step {
      case .begin(let slot, let range, let access):
        steps.append(.begin(slot: slot, arena.place(range), access))
      case .end: steps.append(step)
      case .unmap(let range): steps += arena.places(within: range).map { .unmap($0) }
      }
    }
    self.steps = steps
  }

  /// Bytes of distinct pages that the trace touches.
  package var touchedBytes: UInt64 { arena.bytes }

  /// Replays the trace under `policy`.
  package func run(_ policy: ReplayPolicy) throws -> Run {
    switch policy {
    case .none: try run { DirectTarget(strategies.pinning, slots: trace.slots) }
    case .odp: try run { DirectTarget(try strategies.onDemand(), slots: trace.slots) }
    case .copy: try run { try CopyTarget(strategies.pinning) }
    case .cache(let regions, let bytes):
      try run {
        CacheTarget(
          try strategies.cache(
            CachePolicy(maximumRegions: regions ?? 1 << 20, maximumBytes: bytes)
          ),
          slots: trace.slots
        )
      }
    }
  }

  private func run<Target: ReplayTarget & ~Copyable>(_ make: () throws -> Target) throws -> Run {
    var run = Run()
    // What a target pins for itself, as copying does, is its charge too.
    let before = try counter.pages
    var target = try make()
    let stretch = max(1, steps.count / CacheReplay.looks)
    var start = MonotonicClock.now
    // A `where` would still go through what is left, which takes seconds of a long trace.
    for (index, step) in steps.enumerated() {
      if Interruption.isRequested { break }
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
          // Explaining reads files and registers: not part of the time.
          run.nanoseconds += MonotonicClock.now - start
          run.failure = explain(error)
          start = MonotonicClock.now
        }
      }
      guard index % stretch == stretch - 1 else { continue }
      run.nanoseconds += MonotonicClock.now - start
      run.pinned.append(UInt64(max(0, try counter.pages - before) * BasePage.size))
      start = MonotonicClock.now
    }
    start = MonotonicClock.now
    run.statistics = try target.finish()
    run.nanoseconds += MonotonicClock.now - start
    return run
  }
}
