import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

extension Explainer {
  /// EINVAL that the arguments alone account for.
  func explainArguments(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    let range = attempt.range
    let (_, wraps) = range.start.addingReportingOverflow(range.length)
    if range.length == 0 {
      return FailureExplanation(
        .emptyRange,
        "the range is empty",
        remedy: "register at least one byte"
      )
    }
    if wraps || range.pages == 0 || range.pages > UInt64(UInt32.max) {
      return FailureExplanation(
        .rangeOverflow,
        wraps || range.pages == 0
          ? "address plus length passes the end of the address space"
          : "\(range.pages) pages are more than one region can have, which is \(UInt32.max)",
        remedy: "check the length; a negative one turns huge"
      )
    }
    if attempt.access.lacksLocalWrite {
      return FailureExplanation(
        .localWriteMissing,
        "remote-write and remote-atomic need local-write as well",
        evidence: ["access: \(attempt.access)"],
        remedy: "add local-write (IBV_ACCESS_LOCAL_WRITE)"
      )
    }
    return attempt.strategy == .odp ? explainOnDemandLength(attempt) : nil
  }

  // `rxe_odp_init_pages()` keeps the length in an int.
  private func explainOnDemandLength(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard device?.isSoftRoCE == true, attempt.range.length & 0xffff_ffff >= 1 << 31 else {
      return nil
    }
    return FailureExplanation(
      .driverSize,
      "soft RoCE cuts the length of an on-demand region to 32 bits and finds it negative",
      evidence: ["length: \(attempt.range.length) bytes"],
      remedy: "register on-demand regions of less than 2 GiB"
    )
  }

  /// EINVAL and EOPNOTSUPP of an access bit that kernel or driver do not know, found by leaving bits out.
  func explainAccess(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    if attempt.strategy == .odp { return explainOnDemand(attempt) }
    let optional = AccessFlags.optional.filter { attempt.access.contains($0) }
    guard !optional.isEmpty else { return nil }
    let culprits = optional.filter { isRefused($0, of: attempt.access) ?? true }
    guard !culprits.isEmpty else { return nil }
    let names = culprits.map(\.description).joined(separator: ", ")
    let place = device?.name ?? attempt.strategy.rawValue
    return FailureExplanation(
      .accessUnsupported,
      "\(place) does not support \(names)",
      evidence: [
        "access: \(attempt.access)",
        probe == nil
          ? "nothing was tried out" : "a fresh page can be registered without it and not with it",
      ],
      remedy: "leave \(names) out"
    )
  }

  // Whether a fresh page is refused with `flag` and accepted without; `nil` where that cannot be tried.
  private func isRefused(_ flag: AccessFlags, of access: AccessFlags) -> Bool? {
    let base = access.subtracting(AccessFlags(AccessFlags.optional))
    guard let probe else { return nil }
    let with = probe.attemptFreshPage(access: base.union(flag))
    let without = probe.attemptFreshPage(access: base)
    return switch (with, without) {
    case (.refused, .works): true
    case (.skipped, _), (_, .skipped): nil
    default: false
    }
  }

  private func explainOnDemand(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    let fresh = probe?.attemptFreshPage(access: [])
    guard fresh != .works else { return nil }
    let place = device?.name ?? "the device"
    return FailureExplanation(
      .onDemandUnsupported,
      "\(place) or its driver has no on-demand paging",
      evidence: [
        fresh?.refusal.map { "one fresh page on demand gives \($0.name) too" }
          ?? "nothing was tried out"
      ],
      remedy: "register pinned (--strategy verbs); soft RoCE has on-demand paging from 6.15"
    )
  }
}

extension AccessFlags {
  fileprivate var lacksLocalWrite: Bool {
    !isDisjoint(with: [.remoteWrite, .remoteAtomic]) && !contains(.localWrite)
  }

  // Bits that drivers may lack; the others every driver knows.
  fileprivate static let optional: [AccessFlags] = [
    .zeroBased, .onDemand, .hugetlb, .flushGlobal, .flushPersistent, .windowBind, .remoteAtomic,
  ]
}
