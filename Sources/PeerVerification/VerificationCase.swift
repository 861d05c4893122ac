/// One thing that two hosts proved of each other's registrations, or did not.
public struct VerificationCase: Sendable {
  /// What came of a case.
  public enum Judgement: Equatable, Sendable {
    case holds
    case fails
    /// It does not hold, as is known of the driver of the memory's owner; what the driver does.
    case knownDefect(String)
    /// It was not tried, for this reason.
    case skipped(String)
  }

  /// What was tried, such as "wrong-key".
  public let name: String
  /// Whose memory was moved: "remote" for the server's, "local" for this side's, moved by the server.
  public let memory: String
  /// What has to come of it: checksums, pages, or a completion status; empty if it was skipped.
  public let expected: String
  /// What came of it; empty if it was skipped.
  public let observed: String
  /// Whether both are the same, and why not.
  public let judgement: Judgement
}
