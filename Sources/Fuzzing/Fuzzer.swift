public import Diagnosis
import Glibc
public import LinuxSystem
public import Verbs

/// Takes the kernel and the model through the same random steps and compares `VmPin` and errno after each.
public struct Fuzzer {
  /// Kernel and model disagreeing, and the shortest way there.
  public struct Divergence: Equatable, Sendable {
    /// What was expected and what was observed.
    public let difference: String
    /// The steps from a clean start; the last one shows it.
    public let script: FuzzScript
    /// The steps before they were shortened.
    public let originalSteps: Int
    /// The seed that led there.
    public let seed: UInt64
  }

  /// What a run came to.
  public struct Outcome: Sendable {
    /// Steps taken, those included that the state of things made empty.
    public var operations = 0
    /// Registrations that succeeded and that failed, by errno; `nil` is success.
    public var answers: [Errno?: Int] = [:]
    /// Where kernel and model disagreed.
    public var divergences: [Divergence] = []
    /// The time it took, in nanoseconds.
    public var elapsedNanoseconds: UInt64 = 0
  }

  /// Steps from one clean start to the next.
  static let episode = 2000
  package let domain: ProtectionDomain
  /// The device that it works on; the steps end when that is being removed, as what they find is no divergence then.
  public var device: Device { domain.context.device }
  /// What the model believes of this kernel.
  public let behaviour: KernelBehaviour

  /// Opens the device of this name and probes it; a caller may state another `behaviour` than the probed one.
  public init(device: String, behaviour: KernelBehaviour? = nil) throws {
    domain = try ProtectionDomain(on: DeviceContext(named: device))
    self.behaviour = try behaviour ?? KernelBehaviour(probing: domain)
  }

  /// Runs until `operations` steps, `nanoseconds` of time, so many divergences, or an interruption.
  ///
  /// The calling process must have one thread only, for its forks; limit and capability are put back at the end.
  public func run(
    seed: UInt64,
    operations: Int?,
    nanoseconds: UInt64?,
    mostDivergences: Int = 5,
    isInterrupted: () -> Bool = { false }
  ) throws -> Outcome {
    let start = MonotonicClock.now
    var outcome = Outcome()
    let world = try FuzzWorld(in: domain, behaviour: behaviour)
    let scope = FuzzGenerator.Scope(behaviour)
    var episode: UInt64 = 0
    func isOver() -> Bool {
      isInterrupted() || device.isGone || outcome.divergences.count >= mostDivergences
        || operations.map { outcome.operations >= $0 } ?? false
        || nanoseconds.map { MonotonicClock.now - start >= $0 } ?? false
    }
    while !isOver() {
      let own = seed &+ episode &* 0x9E37_79B9
      var generator = FuzzGenerator(seed: own, scope)
      var steps: [FuzzOperation] = []
      _ = try world.reset()
      while steps.count < Fuzzer.episode, !isOver() {
        let step = generator.next()
        steps.append(step)
        outcome.operations += 1
        guard let difference = try world.step(step, answers: &outcome.answers), !device.isGone
        else { continue }
        outcome.divergences.append(try shrunk(steps, difference, seed: own, in: world))
        break
      }
      episode += 1
    }
    if let code = try world.reset() { outcome.divergences.append(Fuzzer.lost(code, seed)) }
    outcome.elapsedNanoseconds = MonotonicClock.now - start
    return outcome
  }

  /// Takes the steps of a script from a clean start; at most one divergence, not shortened.
  public func replay(_ script: FuzzScript) throws -> Outcome {
    let start = MonotonicClock.now
    var outcome = Outcome()
    let world = try FuzzWorld(in: domain, behaviour: behaviour)
    _ = try world.reset()
    for (index, step) in script.operations.enumerated() where !device.isGone {
      outcome.operations += 1
      guard let difference = try world.step(step, answers: &outcome.answers), !device.isGone
      else { continue }
      outcome.divergences.append(
        Divergence(
          difference: difference,
          script: FuzzScript(Array(script.operations[...index])),
          originalSteps: index + 1,
          seed: 0
        )
      )
      break
    }
    _ = try world.reset()
    outcome.elapsedNanoseconds = MonotonicClock.now - start
    return outcome
  }

  func shrunk(
    _ steps: [FuzzOperation],
    _ difference: String,
    seed: UInt64,
    in world: FuzzWorld
  ) throws -> Divergence {
    var last = difference
    var ignored: [Errno?: Int] = [:]
    let kind = difference.prefix { $0 != ":" }
    var shrinker = FuzzShrinker { candidate in
      guard !device.isGone else { return false }
      _ = try world.reset()
      for step in candidate {
        let found = try world.step(step, answers: &ignored)
        guard !device.isGone else { return false }
        guard let found else { continue }
        guard found.hasPrefix(kind) else { return false }
        last = found
        return true
      }
      return false
    }
    // What only shows beside other threads stays as long as it is.
    guard try shrinker.stillShows(steps) else {
      return Divergence(
        difference: difference,
        script: FuzzScript(steps),
        originalSteps: steps.count,
        seed: seed
      )
    }
    let script = try shrinker.shrink(steps)
    return Divergence(
      difference: last,
      script: FuzzScript(script),
      originalSteps: steps.count,
      seed: seed
    )
  }

  package static func lost(_ code: Errno, _ seed: UInt64) -> Divergence {
    Divergence(
      difference: "deregister at the end: expected success, observed \(code.name)",
      script: FuzzScript([]),
      originalSteps: 0,
      seed: seed
    )
  }
}
