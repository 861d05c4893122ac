import ArgumentParser
import Conformance
import Fixtures
import LinuxSystem
import Verbs

/// `memreg check --self-test`: every way of breaking the observations, and which checks notice.
struct CheckSelfTest {
  private let checks: [Check]
  private let device: Device
  private let setup: CheckRunner.Setup
  private let jobs: Int

  init(_ checks: [Check], device: Device, _ setup: CheckRunner.Setup, jobs: Int) {
    self.checks = checks
    self.device = device
    self.setup = setup
    self.jobs = jobs
  }

  /// Runs each check as it is and then sabotaged in each way; exits 1 unless every check notices one, and of all
  /// checks of the catalogue some notice each.
  func run() throws {
    var runnable: [Check] = []
    let byName = Dictionary(uniqueKeysWithValues: checks.map { ($0.name, $0) })
    try each(checks, nil) { result in
      if case .passed = result.verdict, let check = byName[result.name] { runnable.append(check) }
    }
    StandardOutput.write("\(runnable.count) of \(checks.count) checks pass and can be tested\n\n")
    var blind = Set(runnable.map(\.name))
    var isUnnoticed = false
    for sabotage in Sabotage.allCases {
      var noticed = 0
      var example: CheckResult?
      try each(runnable, sabotage) { result in
        guard case .failed = result.verdict else { return }
        noticed += 1
        blind.remove(result.name)
        if example == nil { example = result }
      }
      StandardOutput.write("\(sabotage.rawValue): noticed by \(noticed) checks\n")
      if let example, case .failed(let mismatch) = example.verdict {
        StandardOutput.write(
          "  \(example.name): \(mismatch.subject): expected \(mismatch.expected), "
            + "observed \(mismatch.observed)\n"
        )
      }
      if noticed == 0, checks.count >= Catalogue.select([]).count { isUnnoticed = true }
    }
    if Interruption.isRequested { throw Interruption.end("the self-test is not complete") }
    for name in blind.sorted() { StandardOutput.write("\nnoticed nothing: \(name)\n") }
    StandardOutput.write(
      "\n\(runnable.count - blind.count) checks noticed, \(blind.count) did not\n"
    )
    if isUnnoticed || !blind.isEmpty || runnable.isEmpty {
      throw ExitCode(ExitStatus.doesNotHold.rawValue)
    }
  }

  private func each(
    _ checks: [Check],
    _ sabotage: Sabotage?,
    _ body: (CheckResult) -> Void
  ) throws {
    let runner = CheckRunner(setup.sabotaged(by: sabotage), jobs: jobs)
    try runner.run(checks, isInterrupted: { Interruption.isRequested(on: [device]) }, each: body)
  }
}
