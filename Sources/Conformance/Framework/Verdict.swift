/// What one check came to.
public enum Verdict: Equatable, Sendable {
  /// The promise held; `defectGone` where a defect was expected on this kernel and did not show.
  case passed(defectGone: Bool)
  /// The promise did not hold.
  case failed(Mismatch)
  /// The experiment did not run, for this reason.
  case skipped(String)
  /// The promise did not hold, as is known of this kernel.
  case knownDefect(Mismatch)

  /// The word for reports: `passed`, `failed`, `skipped` or `known_defect`.
  public var word: String {
    switch self {
    case .passed: "passed"
    case .failed: "failed"
    case .skipped: "skipped"
    case .knownDefect: "known_defect"
    }
  }
}

/// What was expected of the kernel and what it did.
public struct Mismatch: Error, Equatable, Sendable {
  /// What was looked at.
  public let subject: String
  /// What the promise says about it.
  public let expected: String
  /// What was there.
  public let observed: String

  init(_ subject: String, expected: String, observed: String) {
    self.subject = subject
    self.expected = expected
    self.observed = observed
  }
}
