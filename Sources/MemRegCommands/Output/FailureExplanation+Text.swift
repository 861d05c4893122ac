import Diagnosis

extension FailureExplanation {
  /// The lines below the verdict: who set the limit, the evidence if `first` is given, the remedy last.
  func details(above first: [String]? = nil) -> [String] {
    (setBy.map { ["set by: \($0)"] } ?? []) + (first.map { $0 + evidence } ?? []) + [remedy]
  }

  /// Verdict, setter and remedy in one line, for tables.
  var line: String {
    verdict + (setBy.map { "; set by: \($0)" } ?? "") + "; remedy: \(remedy)"
  }
}
