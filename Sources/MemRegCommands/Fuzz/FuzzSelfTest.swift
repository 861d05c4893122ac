import ArgumentParser
import Diagnosis
import Fuzzing
import LinuxSystem

/// `memreg fuzz --self-test`: models that are wrong in one belief each, which the kernel must contradict.
struct FuzzSelfTest {
  /// The most steps that a shortened sequence may have: memory as it should be, and a registration.
  private static let mostSteps = 3
  private let device: String
  private let seed: UInt64
  private let lies: [(belief: String, behaviour: KernelBehaviour)]

  init(device: String, behaviour: KernelBehaviour, seed: UInt64) {
    self.device = device
    self.seed = seed
    var inaccessible = behaviour
    inaccessible.pinsInaccessibleMemory.toggle()
    var readOnly = behaviour
    readOnly.writesToPinReadOnly.toggle()
    var zeroBased = behaviour
    zeroBased.acceptsZeroBased.toggle()
    var limited = behaviour
    limited.regionPageLimit = 7
    lies = [
      ("about memory without permission", inaccessible),
      ("about shared memory that may only be read", readOnly),
      ("about zero-based regions", zeroBased),
      ("that the driver takes 7 pages at most", limited),
    ]
  }

  /// Exits 1 unless each belief is contradicted by at most three steps.
  func run() throws {
    var missed = 0
    for lie in lies {
      let fuzzer = try Fuzzer(device: device, behaviour: lie.behaviour)
      let outcome = try fuzzer.run(
        seed: seed,
        operations: 20_000,
        nanoseconds: nil,
        mostDivergences: 1,
        isInterrupted: { Interruption.isRequested }
      )
      if Interruption.isRequested(on: [fuzzer.device]) {
        throw Interruption.end("the self-test is not complete")
      }
      guard let found = outcome.divergences.first,
        found.script.operations.count <= FuzzSelfTest.mostSteps
      else {
        missed += 1
        let steps = outcome.divergences.first.map { "\($0.script.operations.count) steps left" }
        StandardOutput.write("missed  a belief \(lie.belief): \(steps ?? "no divergence")\n")
        continue
      }
      StandardOutput.write(
        "found   a belief \(lie.belief): \(found.difference)\n"
          + "        \(found.originalSteps) steps, shortened to \(found.script.operations.count)\n"
          + found.script.operations.map { "          \($0)\n" }.joined()
      )
    }
    StandardOutput.write("\n\(lies.count - missed) wrong beliefs found, \(missed) missed\n")
    if missed > 0 { throw ExitCode(ExitStatus.doesNotHold.rawValue) }
  }
}
