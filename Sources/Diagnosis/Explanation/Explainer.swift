import Glibc
import LinuxSystem
public import MemoryRegistration

/// Finds the cause of a failed registration from what the system shows and, where it may, by registering again.
public struct Explainer: Sendable {
  let pid: Int32?
  let device: DeviceTraits?
  let probe: RegistrationProbe?
  let behaviour: KernelBehaviour

  /// Explains for `pid`, `nil` being this process, on `device`; `probe` is what tries things out, in this process only,
  /// and `behaviour` the rules of the kernel.
  public init(
    ofProcess pid: Int32? = nil,
    device: DeviceTraits? = nil,
    probe: RegistrationProbe? = nil,
    behaviour: KernelBehaviour = .ofRunningRelease
  ) {
    self.behaviour = behaviour
    self.pid = pid
    self.device = device
    self.probe = pid == nil || pid == getpid() ? probe : nil
  }

  /// Explains `attempt`; the cause is `unknown` where nothing that was read or tried accounts for it.
  public func explain(_ attempt: RegistrationAttempt) -> FailureExplanation {
    let found =
      switch attempt.code {
      case .ENOMEM: explainMemory(attempt)
      case .EPERM, .EACCES: explainPermission(attempt)
      case .EAGAIN: explainControlGroup(attempt)
      case .EFAULT: explainRingSize(attempt) ?? explainMapping(attempt)
      case .EOPNOTSUPP, .ENOTSUPP:
        explainDirectAccess(attempt) ?? explainAccess(attempt) ?? explainForeignMemory(attempt)
      case .EINVAL:
        explainArguments(attempt) ?? explainAccess(attempt) ?? explainRegionCount(attempt)
          ?? explainDeviceRefusal(attempt)
      case .EMFILE: explainOpenFiles(attempt)
      case .ENFILE: explainSystemFiles()
      case .ENOSYS:
        attempt.strategy == .ioUring ? ringUnavailable(attempt) : explainFilter(attempt.code)
      default: nil as FailureExplanation?
      }
    return found ?? unknown(attempt)
  }

  /// Explains the registration that failed with `error`; `nil` for a failed release and for a removed device, which
  /// explain themselves.
  public func explain(_ error: RegistrationError) -> FailureExplanation? {
    guard error.phase == .register, !error.isDisassociated else { return nil }
    return explain(RegistrationAttempt(error))
  }

  private func unknown(_ attempt: RegistrationAttempt) -> FailureExplanation {
    let name = attempt.code.outcome
    return FailureExplanation(
      .unknown,
      "the cause of \(name) is unknown: nothing that memreg reads or tries accounts for it",
      evidence: budgetEvidence + kernelLogHint(attempt),
      remedy: "look at the kernel log (dmesg) for lines of the driver at the time of the failure"
    )
  }

  private func kernelLogHint(_ attempt: RegistrationAttempt) -> [String] {
    guard let probe else { return ["nothing was tried out"] }
    let page = "one fresh page with the same access"
    return switch probe.attemptFreshPage(access: attempt.access) {
    case .works: ["\(page) can be registered"]
    case .refused(let code): ["\(page) fails with \(code.name) too"]
    case .skipped: []
    }
  }

  var budget: PinBudget? {
    guard let pid else { return .ofThisProcess() }
    return try? PinBudget(ofProcess: pid)
  }

  var budgetEvidence: [String] {
    guard let budget else { return [] }
    let page = UInt64(BasePage.size)
    let limit = budget.softBytes.map(SizeText.text) ?? "unlimited"
    let isLifted = budget.isPrivileged && device?.limitsByItself != true
    let binds = isLifted ? ", lifted by CAP_IPC_LOCK" : ""
    let pinned = (try? ProcessStatus(ofProcess: pid))?.pinned ?? 0
    return ["RLIMIT_MEMLOCK \(limit)\(binds); VmPin \(SizeText.text(budget.pinnedPages * page))"]
      + [VmPin.defect(of: pinned).map { "VmPin is below zero, \(pinned) bytes: \($0)" }]
      .compactMap { $0 }
  }

  var origin: MemlockOrigin? { try? MemlockOrigin(ofProcess: pid ?? getpid()) }
}
