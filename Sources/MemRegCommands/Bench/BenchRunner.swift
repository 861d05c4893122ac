import Benchmarking
import LinuxSystem
import MemoryRegistration
import Verbs

/// Measures all cases: those of one resident count interleaved in rounds, so that drift hits all alike.
struct BenchRunner {
  let axes: BenchAxes
  let strategies: StrategySet
  let clock: Double

  /// How often every case has its turn; odd rounds go backwards, so that a steady drift cancels out.
  static let rounds = 10

  /// Calls `progress` before each block, with the share done, and `checkpoint` after each round and, in the last one,
  /// after each case.
  ///
  /// Throws only what keeps every case from being measured; a case that fails keeps its reason in the result.
  func run(
    progress: (Double, BenchCase) -> Void,
    checkpoint: ([BenchMeasurement]) throws -> Void
  ) throws -> [BenchMeasurement] {
    let groups = axes.cases(for: strategies.kinds)
    let total = groups.reduce(0) { $0 + $1.count } * (BenchRunner.rounds + 1)
    var finished: [BenchMeasurement] = []
    var done = 0
    for group in groups {
      if Interruption.isRequested { break }
      let residents = try Residents(group, axes: axes, strategies: strategies)
      let buffers = BufferPool(largest: axes.lengths.max() ?? 0)
      let runs = group.map { BenchCaseRun($0, samples: axes.samples(of: $0)) }
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
        if round < BenchRunner.rounds - 1 { try checkpoint(finished + runs.map(\.result)) }
      }
      finished += runs.map(\.result)
      residents.end()
    }
    return finished
  }
}

/// The registrations that exist beside those that are measured.
private final class Residents {
  private var registrations: [ResidentRegistrationsBox] = []

  private final class ResidentRegistrationsBox {
    var resident: ResidentRegistrations
    init(_ resident: consuming ResidentRegistrations) { self.resident = resident }
  }

  init(_ group: [BenchCase], axes: BenchAxes, strategies: StrategySet) throws {
    guard let count = group.first?.resident, count > 0 else { return }
    for kind in strategies.kinds where kind != .copy {
      if kind == .ioUring { try OpenFiles.raiseLimit() }
      let box = ResidentRegistrationsBox(
        try ResidentRegistrations(capacity: count, access: axes.access)
      )
      let strategy = strategies.strategy(kind)
      while box.resident.count < count, !Interruption.isRequested {
        do {
          try box.resident.add(by: strategy)
        } catch {
          // Where the device is being removed, what comes after says so.
          if error.isDisassociated { break }
          throw CommandFailure(
            "--resident \(count): \(error) after \(box.resident.count) registrations",
            status: ExitStatus(errno: error.code)
          )
        }
      }
      registrations.append(box)
    }
  }

  /// Releases them all.
  func end() { registrations = [] }
}
