import HostMemory
import LinuxSystem
public import MemoryRegistration
public import Verbs

extension Explainer {
  /// Forecasts the answer to `attempt` without trying it, in the order in which the kernel looks: control group,
  /// arguments, memlock limit (`ib_umem_get()`), then page by page until one cannot be pinned or brought in.
  public func predict(_ attempt: RegistrationAttempt) -> RegistrationForecast {
    if let refused = predictCharge(attempt) { return refused }
    return attempt.strategy == .odp ? .fits : predictPinning(attempt)
  }

  /// Forecasts the answer to `bytes` more of plain memory that is yet to be mapped and brought in.
  public func predictNewMemory(
    _ bytes: UInt64,
    access: AccessFlags,
    strategy: StrategyKind
  ) -> RegistrationForecast {
    let range = AddressRange(start: UInt64(BasePage.size), length: bytes)
    let attempt = RegistrationAttempt(range, access: access, strategy: strategy, code: nil)
    if let refused = predictCharge(attempt) { return refused }
    guard strategy != .odp, let bound = PinnableMemory(ofProcess: pid).ofNewMemory,
      bytes > bound.safeBytes
    else { return .fits }
    let reason = FailureExplanation.insufficient(bound, missing: bytes, ofProcess: pid)
    return bytes > bound.bytes ? .refused(.ENOMEM, reason) : .atEdge(reason)
  }

  // What is refused before a page is looked at.
  private func predictCharge(_ attempt: RegistrationAttempt) -> RegistrationForecast? {
    if attempt.strategy != .ioUring, let full = explainFullObjects(on: device?.name) {
      return .refused(.EAGAIN, full)
    }
    if let wrong = explainRingSize(attempt) { return .refused(.EFAULT, wrong) }
    if let wrong = explainArguments(attempt) { return .refused(.EINVAL, wrong) }
    guard attempt.strategy != .odp else { return nil }
    if let zero = explainZeroLimit(attempt) { return .refused(.EPERM, zero) }
    if let limit = explainLimit(attempt) { return .refused(.ENOMEM, limit) }
    if let size = explainDriverSize(attempt) { return .refused(.ENOMEM, size) }
    return nil
  }

  private func predictPinning(_ attempt: RegistrationAttempt) -> RegistrationForecast {
    let defect = defects(of: attempt).first
    var reached = attempt
    if let defect {
      let start = attempt.range.start
      reached.range = AddressRange(
        start: start,
        length: defect.address - min(defect.address, start)
      )
    }
    let missing = missingBytes(of: reached.range)
    if let bound = PinnableMemory(ofProcess: pid).ofPages, missing > bound.safeBytes {
      let reason = FailureExplanation.insufficient(bound, missing: missing, ofProcess: pid)
      return missing > bound.mostBytes ? .refused(.ENOMEM, reason) : .atEdge(reason)
    }
    guard let defect else { return .fits }
    let code: Errno = defect.cause == .directAccessFile ? .EOPNOTSUPP : .EFAULT
    return .refused(code, describe(defect, attempt))
  }
}
