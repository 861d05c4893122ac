import Diagnosis
import Documents
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
  let code: Errno?

  /// Explains the registration of `range`, which this process has mapped.
  func report(on range: AddressRange) -> ExplainReport {
    var attempt = RegistrationAttempt(range, access: access, strategy: strategy, code: code)
    let explainer = Explainer(device: device, probe: probe)
    let forecast = code == nil ? explainer.forecast(attempt) : nil
    let isTried = code == nil && forecast == nil && explainer.isSafe(attempt)
    if isTried {
      attempt.code = probe?.attempt(range, access: access).refusal
    }
    var report = ExplainReport(
      attempt,
      device: device?.name,
      verdict: isTried
        ? "it can be registered: \(range.pages) pages, tried: charged and given back"
        : "it should fit if the kernel swaps or drops page cache; not tried, lest memory run out"
    )
    if isTried || forecast != nil {
      report.registrable = forecast == nil && attempt.code == nil
    }
    if let forecast {
      report.add(forecast, code: .ENOMEM)
    } else if let code = attempt.code {
      report.add(explainer.explain(attempt), code: code)
      if self.code == nil, let probe {
        report.add(FailureTrace.record { _ = probe.attempt(range, access: access) })
      }
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
    let reason = "cannot \(error.action): \(error.code)"
    var report = ExplainReport(attempt, device: device?.name, verdict: reason)
    report.registrable = false
    report.errno = error.code.name
    report.remedy = error.remedy
    if case .hugetlb(let page) = kind {
      let pages = (length + page.rawValue - 1) / page.rawValue
      report.add(.shortage(HugePageShortage(of: page, pages: pages)), code: error.code)
    } else if error.code == .ENOMEM, let bound = PinnableMemory().ofNewMemory {
      report.add(.insufficient(bound, missing: length), code: error.code)
    }
    return report
  }
}
