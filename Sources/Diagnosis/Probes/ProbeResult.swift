public import LinuxSystem

/// The answer of a device to one attempt.
public enum ProbeResult: Equatable, Sendable {
  /// It did what was asked.
  case works
  /// It refused, with this errno.
  case refused(Errno)
  /// Nobody asked, for this reason.
  case skipped(String)
}
