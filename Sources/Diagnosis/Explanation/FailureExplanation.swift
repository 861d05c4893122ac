/// Why a registration fails: a verdict, the facts under it, and what helps.
public struct FailureExplanation: Equatable, Sendable {
  /// The cause by name.
  public let cause: FailureCause
  /// The cause in one sentence without a full stop.
  public let verdict: String
  /// Who set the limit that refuses.
  public let setBy: String?
  /// What was read or tried, a fact a line.
  public var evidence: [String]
  /// What to do about it: a command to paste, with a comment, or a phrase.
  public let remedy: String

  init(
    _ cause: FailureCause,
    _ verdict: String,
    setBy: String? = nil,
    evidence: [String] = [],
    remedy: String
  ) {
    (self.cause, self.verdict, self.setBy, self.evidence) = (cause, verdict, setBy, evidence)
    self.remedy = remedy
  }
}
