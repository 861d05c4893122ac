/// The exit statuses of memreg, after sysexits(3).
enum ExitStatus: Int32 {
  /// Condition not met: a check failed, a limit is too low, a regression was found.
  case doesNotHold = 1
  /// The arguments are wrong.
  case usage = 64
  /// A file that was given does not hold what it should.
  case dataError = 65
  /// There is no RDMA device, or it lacks the feature.
  case unavailable = 69
  /// The system refused.
  case refused = 71
  /// Output could not be written.
  case outputLost = 74
  /// The privilege or permission is lacking.
  case notPermitted = 77
  /// SIGINT or SIGTERM ended the command.
  case interrupted = 130
  /// The reader of standard output is gone: what a shell reports for SIGPIPE.
  case brokenPipe = 141
}
