import Diagnosis
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// One run of `memreg explain` on memory of this process: tries the registration and explains what comes of it.
struct ExplainRun {
  let access: AccessFlags
  let strategy: StrategyKind
  let device: DeviceTraits?
  let probe: RegistrationProbe?
  /// The errno to explain in place of what a trial gives.
  let code: Int32?

  /// Explains the registration of `range`, which this process has mapped.
  func report(on range: AddressRange) -> ExplainReport {
    var attempt = RegistrationAttempt(range, access: access, strategy: strategy, code: code ?? 0)
    let explainer = Explainer(device: device, probe: probe)
    let forecast = code == nil ? explainer.forecast(attempt) : nil
    if code == nil && forecast == nil {
      attempt.code = probe?.attempt(range, access: access).refusal ?? 0
    }
    var report = ExplainReport(
      attempt,
      device: device?.name,
      verdict: "it can be registered: \(range.pages) pages, on trial charged and given back"
    )
    report.registrable = code == nil ? forecast == nil && attempt.code == 0 : nil
    if let forecast {
      report.add(forecast, code: ENOMEM)
    } else if attempt.code != 0 {
      report.add(explainer.explain(attempt), code: attempt.code)
    }
    report.memory = (try? MemoryInspection(of: range)).map(ExplainReport.Memory.init)
    return report
  }

  /// Explains why memory of `kind` could not even be mapped.
  func report(on error: SystemError, kind: MemoryKind, length: UInt64) -> ExplainReport {
    let attempt = RegistrationAttempt(
      AddressRange(start: 0, length: length),
      access: access,
      strategy: strategy,
      code: error.code
    )
    let reason = "cannot \(error.action): \(ErrnoName.describe(error.code))"
    var report = ExplainReport(attempt, device: device?.name, verdict: reason)
    report.registrable = false
    report.errno = ErrnoName.symbol(error.code)
    report.remedy = error.remedy
    if case .hugetlb = kind {
      report.cause = FailureCause.hugetlbPool.rawValue
    } else if error.code == ENOMEM, let memory = try? MemoryInfo() {
      report.cause = FailureCause.memoryExhausted.rawValue
      report.evidence = ["\(memory.available) bytes are available of \(memory.total)"]
      report.remedy = "free memory, or register less of it"
    }
    return report
  }
}
