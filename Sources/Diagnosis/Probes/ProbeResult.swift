public import LinuxSystem

/// The answer to one attempt.
public enum ProbeResult: Equatable, Sendable {
  /// It did what was asked.
  case works
  /// It was refused, with this errno.
  case refused(Errno)
  /// It was not attempted, for this reason.
  case skipped(String)

  /// The errno of a refusal.
  public var refusal: Errno? {
    if case .refused(let code) = self { code } else { nil }
  }
}
