import Diagnosis

extension FailureExplanation {
  /// The lines between the verdict and the remedy: who set the limit, the evidence if `first` is given.
  func details(above first: [String]? = nil) -> [String] {
    (setBy.map { ["set by: \($0)"] } ?? []) + (first.map { $0 + evidence } ?? [])
  }

  /// Verdict, setter and remedy in one line, for tables.
  var line: String {
    verdict + (setBy.map { "; set by: \($0)" } ?? "") + "; remedy: \(remedy)"
  }
}
