import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Fuzzer {
  /// Steps of each thread between two comparisons of the sum with `VmPin`.
  private static let round = 50

  /// What one thread has come to; touched by that thread alone, and by its owner between rounds.
  private final class Worker: @unchecked Sendable {
    let world: FuzzWorld
    var generator: FuzzGenerator
    var operations = 0
    /// The steps since the world was last clean.
    var steps: [FuzzOperation] = []
    var answers: [Errno?: Int] = [:]
    var difference: String?
    var failure: (any Error)?

    init(_ world: FuzzWorld, _ generator: FuzzGenerator) {
      self.world = world
      self.generator = generator
    }

    func work(on device: Device) {
      do {
        if steps.count >= Fuzzer.episode {
          _ = try world.reset()
          steps = []
        }
        for _ in 0..<Fuzzer.round where difference == nil && !device.isGone {
          let step = generator.next()
          steps.append(step)
          operations += 1
          difference = try world.step(step, comparesCharge: false, answers: &answers)
        }
      } catch {
        failure = error
      }
    }
  }

  /// Runs as `run` does, with `threads` threads each in memory of its own; errno values are compared at each step,
  /// the sum of the charges with `VmPin` whenever all threads have taken 50.
  ///
  /// What one thread finds is shortened where it shows without the other threads as well.
  public func run(
    seed: UInt64,
    operations: Int?,
    nanoseconds: UInt64?,
    threads: Int,
    isInterrupted: () -> Bool = { false }
  ) throws -> Outcome {
    let start = MonotonicClock.now
    var outcome = Outcome()
    var scope = FuzzGenerator.Scope(behaviour)
    scope.changesProcess = false
    if try !Capability.ipcLock.isGranted, let room = try Memlock().pages {
      scope.numbers = min(scope.numbers, Int(room) / (threads * FuzzArena.pages))
      guard scope.numbers > 0 else {
        throw SystemError(
          "fuzz with \(threads) threads",
          code: .ENOMEM,
          remedy: "they need a memlock limit of \(threads * FuzzArena.pages * 4) KiB"
        )
      }
    }
    let charge = try PinCounter()
    let workers = try (0..<threads)
      .map { index in
        Worker(
          try FuzzWorld(in: domain, behaviour: behaviour, index: index),
          FuzzGenerator(seed: seed &+ UInt64(index) &* 0xD1B5_4A32, scope)
        )
      }
    let device = device
    while !isInterrupted(), outcome.divergences.isEmpty,
      operations.map({ outcome.operations < $0 }) ?? true,
      nanoseconds.map({ MonotonicClock.now - start < $0 }) ?? true
    {
      _ = Threads.run(threads) { index in
        workers[index].work(on: device)
        return nil
      }
      outcome.operations = workers.reduce(0) { $0 + $1.operations }
      if device.isGone { break }
      for worker in workers {
        if let failure = worker.failure { throw failure }
        if let difference = worker.difference {
          // What the others have registered would be in the way.
          for other in workers where other !== worker { _ = try other.world.reset() }
          outcome.divergences.append(
            try shrunk(worker.steps, difference, seed: seed, in: worker.world)
          )
        }
      }
      let difference = FuzzWorld.difference(
        "VmPin of all threads",
        expected: workers.reduce(0) { $0 + $1.world.expectedPages },
        observed: try charge.pages
      )
      if let difference, outcome.divergences.isEmpty {
        outcome.divergences.append(
          diverged(
            difference,
            workers.flatMap { $0.steps.suffix(Fuzzer.round) },
            seed
          )
        )
      }
    }
    for worker in workers {
      outcome.answers.merge(worker.answers) { $0 + $1 }
      if let code = try worker.world.reset() { outcome.divergences.append(Fuzzer.lost(code, seed)) }
    }
    outcome.elapsedNanoseconds = MonotonicClock.now - start
    return outcome
  }

  private func diverged(_ difference: String, _ steps: [FuzzOperation], _ seed: UInt64)
    -> Divergence
  {
    Divergence(
      difference: difference,
      script: FuzzScript(steps),
      originalSteps: steps.count,
      seed: seed
    )
  }
}
