import Fixtures
import LinuxSystem
import Verbs

/// The life of one check inside the process that was started for it.
struct CheckProcess {
  private let check: Check
  private let context: CheckContext

  /// Runs the experiment, with the balance read before and after it.
  static func run(
    _ check: Check,
    setup: CheckRunner.Setup,
    alone: Bool
  ) -> CheckResult {
    Sabotage.active = setup.sabotage
    SystemChange.areForbidden = setup.isSafe
    do {
      let context = try CheckContext(
        device: setup.device,
        seed: setup.seed,
        isAlone: alone,
        sabotage: setup.sabotage
      )
      let process = CheckProcess(check: check, context: context)
      let verdict = (Result { try process.judge() })
      return switch verdict {
      case .success(let verdict):
        CheckResult(
          check.name,
          verdict,
          comparisons: context.comparisons,
          note: context.note
        )
      case .failure(let error):
        CheckResult(check.name, .failed(mismatch(of: error)), comparisons: context.comparisons)
      }
    } catch {
      return CheckResult(check.name, .failed(mismatch(of: error)))
    }
  }

  private func judge() throws -> Verdict {
    for need in check.needs {
      if let reason = try need.missing(in: context) { return .skipped(reason) }
    }
    let habit = DriverHabit.of(Device.driver(of: context.deviceName), in: check.name)
    let isDefective = try habit != nil || check.defect?.applies(context) ?? false
    do {
      try balanced { try check.body(context) }
    } catch let skip as Skip {
      return .skipped(skip.reason)
    } catch  where isDefective {
      return .knownDefect(CheckProcess.mismatch(of: error))
    }
    return .passed(defectGone: isDefective)
  }

  private func balanced(_ body: () throws -> Void) throws {
    let before = try context.trueReading()
    try context.expectCharge("VmPin at the start", before.charged, 0, of: before.charged)
    try body()
    let after = try context.trueReading()
    context.close()
    try context.expectCharge("VmPin at the end", after.charged, 0, of: after.charged)
    if let was = before.pins, let now = after.pins {
      try context.expect("pins left in the system at the end", now - was, 0)
    }
    try context.expect("releases that failed unseen", ReleaseFailures.count, 0)
  }

  private static func mismatch(of error: any Error) -> Mismatch {
    switch error {
    case let mismatch as Mismatch: mismatch
    case let error as VerbsError:
      Mismatch(error.verb, expected: "success", observed: error.code.name)
    case let error as SystemError:
      Mismatch(error.action, expected: "success", observed: error.code.name)
    default: Mismatch("the experiment", expected: "no error", observed: "\(error)")
    }
  }
}
