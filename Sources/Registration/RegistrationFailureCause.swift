import Glibc
public import HostMemory
internal import Verbs

/// What the arguments and the limit alone say about a registration that failed.
public struct RegistrationFailureCause: Equatable, Sendable {
  /// The cause and the remedy, a phrase to follow the error.
  public let text: String

  /// Judges `error` by the bytes pinned at the time and the limit; `nil` where these do not explain it.
  public init?(
    _ error: RegistrationError,
    pinnedBytes: UInt64,
    limit: Memlock?,
    limitBinds: Bool
  ) {
    let asked = error.range.pages * UInt64(BasePage.size)
    switch error.code {
    case EPERM where limit?.soft == 0:
      text = "RLIMIT_MEMLOCK is 0; raise it with `ulimit -l`, or give CAP_IPC_LOCK"
    case ENOMEM:
      guard limitBinds, let soft = limit?.soft, pinnedBytes + asked > soft else { return nil }
      text =
        "RLIMIT_MEMLOCK is \(soft) bytes, \(pinnedBytes) are pinned and \(asked) asked for; "
        + "raise it with `ulimit -l`, or give CAP_IPC_LOCK"
    case EINVAL
    where !error.access.isDisjoint(with: [.remoteWrite, .remoteAtomic])
      && !error.access.contains(.localWrite):
      text = "remote-write and remote-atomic need local-write as well"
    case EINVAL where error.strategy == .odp, EOPNOTSUPP where error.strategy == .odp:
      text = "the device or its driver has no on-demand paging"
    default: return nil
    }
  }
}
