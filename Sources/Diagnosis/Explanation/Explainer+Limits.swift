import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration

extension Explainer {
  /// ENOMEM, which the limit, the driver, migration, mappings and memory itself all say.
  func explainMemory(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    explainLimit(attempt) ?? explainDriverSize(attempt) ?? explainRegionCount(attempt)
      ?? explainMapCount()
      ?? explainExhaustion(attempt) ?? explainByFreshMemory(attempt) ?? explainUnmoved(attempt)
      ?? explainUserLimit(attempt)
  }

  func explainLimit(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard attempt.strategy != .odp, let budget, let soft = budget.softBytes,
      limitBinds(budget, attempt)
    else { return nil }
    let page = UInt64(BasePage.size)
    let (limit, asked) = (soft / page, attempt.range.pages)
    let pinned = attempt.refusal.map { $0.chargedPages + $0.foreignPages } ?? budget.pinnedPages
    guard asked > limit || pinned > limit - asked else { return nil }
    let headroom = limit - min(limit, pinned)
    let origin = origin
    return FailureExplanation(
      .memlockLimit,
      Memlock.verdict(limit: soft, pinned: pinned * page),
      setBy: origin?.summary,
      evidence: budgetEvidence
        + ["asked: \(asked) pages; limit \(limit), pinned \(pinned), headroom \(headroom)"]
        + [attempt.refusal.map { "by others in this process: \($0.foreignPages) pages" }]
        .compactMap { $0 }
        + [capabilityEvidence, ownLimitEvidence].compactMap { $0 },
      remedy: origin?.remedy(needed: (pinned + asked) * page)
        ?? "raise it with `ulimit -l`, or give CAP_IPC_LOCK"
    )
  }

  // io_uring judges the limit itself, whatever the device does.
  private func limitBinds(_ budget: PinBudget, _ attempt: RegistrationAttempt) -> Bool {
    !budget.isPrivileged || attempt.strategy == .verbs && device?.limitsByItself == true
  }

  // `__io_account_mem()` counts `user->locked_vm`, which is of all the user's processes and is shown nowhere.
  private func explainUserLimit(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard attempt.strategy == .ioUring, let budget, let soft = budget.softBytes,
      !budget.isPrivileged
    else { return nil }
    return FailureExplanation(
      .userLimit,
      "io_uring charges all that user \(getuid()) has pinned by rings, in every process, to "
        + "RLIMIT_MEMLOCK of \(SizeText.text(soft)), and this process alone has not reached it",
      evidence: budgetEvidence + [capabilityEvidence].compactMap { $0 }
        + ["the kernel does not show the sum; a ring that was closed is uncharged a little later"],
      remedy: "end the user's other programs that register buffers with io_uring, or raise the "
        + "limit with `ulimit -l`"
    )
  }

  private var ownLimitEvidence: String? {
    guard let device, device.limitsByItself else { return nil }
    return "\(device.name) judges the limit by code of its own, in which CAP_IPC_LOCK lifts nothing"
  }

  private var capabilityEvidence: String? {
    (try? LockCapability(ofProcess: pid ?? getpid()))?.explanation
  }

  func explainPermission(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    explainZeroLimit(attempt)
      ?? (attempt.strategy == .ioUring ? ringUnavailable(attempt) : explainFilter(attempt.code))
  }

  func explainZeroLimit(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard let budget, budget.softBytes == 0, !budget.isPrivileged,
      attempt.strategy == .ioUring || device?.limitsByItself != true
    else { return nil }
    let origin = origin
    return FailureExplanation(
      .zeroLimit,
      "the memlock limit (RLIMIT_MEMLOCK) is 0, under which nothing may be pinned at all",
      setBy: origin?.summary,
      evidence: budgetEvidence + [capabilityEvidence].compactMap { $0 },
      remedy: origin?.remedy(needed: attempt.range.pages * UInt64(BasePage.size))
        ?? "raise it with `ulimit -l`, or give CAP_IPC_LOCK"
    )
  }

  /// EAGAIN, which the rdma controller says.
  func explainControlGroup(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    explainControlGroup(on: device?.name)
  }

  /// The rdma control group that allows no more contexts or objects on `device`, or on any device.
  public func explainControlGroup(on device: String?) -> FailureExplanation? {
    if let full = explainFullObjects(on: device) { return full }
    guard let full = controlGroups(on: device).first(where: \.hasNoHandle),
      let most = full.handleLimit
    else { return nil }
    var explanation = FailureExplanation.full(.contexts(of: full, most, pid))
    explanation.evidence = groupEvidence
    return explanation
  }

  /// The rdma control group that allows no more objects on `device`, or on any device: a region is one, a context none.
  func explainFullObjects(on device: String?) -> FailureExplanation? {
    guard let full = controlGroups(on: device).first(where: \.isFull), let most = full.objectLimit
    else { return nil }
    var explanation = FailureExplanation.full(.objects(of: full, most))
    explanation.evidence = groupEvidence
    return explanation
  }

  private func controlGroups(on device: String?) -> [RDMAControlGroup] {
    RDMAControlGroup.all(ofProcess: pid).filter { device == nil || $0.device == device }
  }

  private var groupEvidence: [String] {
    ControlGroup(ofProcess: pid).map { ["the process is in \($0.path)"] } ?? []
  }

  private func explainMapCount() -> FailureExplanation? {
    guard let count = try? MapCount.current(ofProcess: pid), let most = MapCount.limit else {
      return nil
    }
    let bound = PinBound.mappings(count, of: most)
    return bound.bytes == 0 ? .insufficient(bound, missing: 0, ofProcess: pid) : nil
  }
}
