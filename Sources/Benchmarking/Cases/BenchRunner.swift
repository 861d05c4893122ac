import Glibc
import LinuxSystem
import MemoryRegistration
package import Tracing
import Verbs

/// Measures all cases: those of one resident count interleaved in rounds, so that drift hits all alike.
package struct BenchRunner {
  private let axes: BenchAxes
  private let strategies: StrategySet
  private let clock: Double
  private let explain: (any Error) -> String

  /// How often every case has its turn; odd rounds go backwards, so that a steady drift cancels out.
  private static let rounds = 10

  /// Measures the cases of `axes`; `clock` is one reading of the clock in nanoseconds, and `explain` gives the text for
  /// an error while what led to it still exists.
  package init(
    axes: BenchAxes,
    strategies: StrategySet,
    clock: Double,
    explain: @escaping (any Error) -> String
  ) {
    self.axes = axes
    self.strategies = strategies
    self.clock = clock
    self.explain = explain
  }

  /// Calls `progress` before each block, with the share done, and `checkpoint` after each round and, in the last one,
  /// after each case.
  ///
  /// Throws only what keeps every case from being measured; a case that fails keeps its reason in the result.
  package func run(
    progress: (Double, BenchCase) -> Void,
    checkpoint: ([BenchMeasurement]) throws -> Void
  ) throws -> [BenchMeasurement] {
    let groups = axes.cases(for: strategies.kinds)
    let total = groups.reduce(0) { $0 + $1.count } * (BenchRunner.rounds + 1)
    var finished: [BenchMeasurement] = []
    var done = 0
    for group in groups {
      if Interruption.isRequested { break }
      let residents = try Residents(
        group,
        axes: axes,
        strategies: strategies,
        explain: explain
      )
      let buffers = BufferPool(largest: axes.lengths.max() ?? 0)
      let runs = group.map {
        BenchCaseRun(
          $0,
          samples: axes.samples(of: $0),
          traced: axes.tracedSamples(of: $0),
          explain: explain
        )
      }
      for run in runs where !Interruption.isRequested {
        progress(Double(done) / Double(total), run.benchCase)
        run.prepare(strategies: strategies, buffers: buffers, axes: axes, clock: clock)
        done += 1
      }
      for round in 0..<BenchRunner.rounds where !Interruption.isRequested {
        let order = round.isMultiple(of: 2) ? runs : runs.reversed()
        for run in order where !Interruption.isRequested {
          progress(Double(done) / Double(total), run.benchCase)
          run.measure(block: round, of: BenchRunner.rounds, duration: axes.duration)
          done += 1
          if round == BenchRunner.rounds - 1 { try checkpoint(finished + runs.map(\.result)) }
        }
        try trace(runs, round)
        if round < BenchRunner.rounds - 1 { try checkpoint(finished + runs.map(\.result)) }
      }
      finished += runs.map(\.result)
      residents.end()
    }
    return finished
  }

  /// Traces a part of each case that is still to be traced, in the reverse order of the round's own blocks.
  private func trace(_ runs: [BenchCaseRun], _ round: Int) throws {
    let planned = runs.filter { run in
      run.tracedSamples(block: round, of: BenchRunner.rounds) > 0 && !run.hasFailed
    }
    guard !planned.isEmpty, !Interruption.isRequested else { return }
    let session = try TraceSession(.ofThisProcess)
    for run in round.isMultiple(of: 2) ? planned.reversed() : planned
    where !Interruption.isRequested {
      run.trace(block: round, of: BenchRunner.rounds, by: session)
    }
  }
}

extension TraceOptions {
  /// All stages of what this process calls.
  package static var ofThisProcess: TraceOptions {
    var options = TraceOptions()
    options.processes = [getpid()]
    return options
  }
}
