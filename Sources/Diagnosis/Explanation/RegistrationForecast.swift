public import LinuxSystem

/// What the kernel will answer to a registration, as arguments, limits and mappings show it before it is tried.
public enum RegistrationForecast: Equatable, Sendable {
  /// It can be registered.
  case fits
  /// It is refused with this errno; for memory of a control group the process may be killed instead.
  case refused(Errno, FailureExplanation)
  /// It is at the edge of this bound, where what the kernel itself needs at that moment decides.
  case atEdge(FailureExplanation)
}
