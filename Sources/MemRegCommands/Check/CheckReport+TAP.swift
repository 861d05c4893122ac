import Documents
import LinuxSystem

extension CheckReport.Entry {
  /// The check as a TAP 14 test point; a known defect is a failing TODO test.
  func tap(number: Int) -> String {
    let description = "\(number) - \(name)"
    switch verdict.kind {
    case .passed: return "ok \(description)\n"
    case .skipped: return "ok \(description) # SKIP \(CheckReport.escapedForTAP(reason ?? ""))\n"
    case .knownDefect:
      return "not ok \(description) # TODO \(CheckReport.escapedForTAP(defect ?? ""))\n" + diagnosis
    case .failed, nil: return "not ok \(description)\n" + diagnosis
    }
  }

  private var diagnosis: String {
    "  ---\n" + line("subject", subject) + line("expected", expected) + line("observed", observed)
      + "  ...\n"
  }

  private func line(_ key: String, _ value: String?) -> String {
    let quoted = (value ?? "").printable.unicodeScalars.map { $0 == "'" ? "''" : String($0) }
      .joined()
    return "  \(key): '\(quoted)'\n"
  }
}

extension CheckReport {
  static func escapedForTAP(_ text: String) -> String {
    text.printable.unicodeScalars.map { $0 == "#" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
  }
}
