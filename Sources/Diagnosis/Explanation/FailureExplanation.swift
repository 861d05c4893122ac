/// Why a registration fails: a verdict, the facts under it, and what helps.
public struct FailureExplanation: Equatable, Sendable {
  /// The cause by name.
  public let cause: FailureCause
  /// The cause in one sentence without a full stop.
  public let verdict: String
  /// What was read or tried, a fact a line.
  public var evidence: [String]
  /// What to do about it.
  public let remedy: String

  init(_ cause: FailureCause, _ verdict: String, evidence: [String] = [], remedy: String) {
    self.cause = cause
    self.verdict = verdict
    self.evidence = evidence
    self.remedy = remedy
  }
}
