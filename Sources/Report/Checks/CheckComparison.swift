import Documents
import LinuxSystem

/// Two documents of `memreg check` beside each other: what one kernel or driver does that the other does not.
public struct CheckComparison {
  private let documents: [ReportDocument]
  private let checks: [[String: CheckReport.Entry]]
  private let names: [String]

  /// Compares two documents; throws for one that is of another kind.
  public init(_ first: ReportDocument, _ second: ReportDocument) throws(DocumentProblem) {
    var lists: [[CheckReport.Entry]] = []
    for document in [first, second] {
      guard let report = document.check else {
        let reason = "it is of memreg \(document.kind.command), not of check"
        throw DocumentProblem(document.file, reason)
      }
      lists.append(report.checks)
    }
    documents = [first, second]
    checks = lists.map { list in
      Dictionary(list.map { ($0.$name.cell, $0) }, uniquingKeysWith: { first, _ in first })
    }
    var seen: Set<String> = []
    names = lists.joined().map(\.$name.cell).filter { seen.insert($0).inserted }
  }

  /// The checks whose verdicts differ, in the order of the first document.
  private var differing: [String] { names.filter { verdict($0, 0) != verdict($0, 1) } }

  /// What differs, each with both verdicts and what was observed, and then how many are the same.
  public var text: String {
    var lines = documents.enumerated()
      .map { index, document in
        "\(index == 0 ? "A" : "B")  \(document.device ?? "unknown device")"
          + " (\(document.driver ?? "unknown driver")), Linux \(document.kernel ?? "unknown")"
      }
    lines.append("")
    let width = differing.map(\.count).max() ?? 0
    for name in differing {
      let padding = String(repeating: " ", count: width - name.count)
      lines.append("\(name)\(padding)  A \(verdict(name, 0)), B \(verdict(name, 1))")
      for side in 0...1 {
        if let reason = reason(name, side) {
          lines.append("    \(side == 0 ? "A" : "B"): \(reason)")
        }
      }
    }
    if !differing.isEmpty { lines.append("") }
    lines.append("\(differing.count) of \(names.count) checks differ")
    return lines.map(\.printable).joined(separator: "\n") + "\n"
  }

  private func verdict(_ name: String, _ side: Int) -> String {
    switch checks[side][name]?.verdict.kind {
    case .passed: "passes"
    case .failed: "fails"
    case .skipped: "is skipped"
    case .knownDefect: "has a known defect"
    case nil: "was not run"
    }
  }

  private func reason(_ name: String, _ side: Int) -> String? {
    guard let check = checks[side][name] else { return nil }
    if let reason = check.reason { return reason }
    guard let subject = check.subject else { return nil }
    return "\(subject): expected \(check.expected.cell), observed \(check.observed.cell)"
  }
}
