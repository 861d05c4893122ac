import LinuxSystem

/// Two documents of `memreg check` beside each other: what one kernel or driver does that the other does not.
public struct CheckComparison {
  private let documents: [ReportDocument]
  private let checks: [[String: JSONValue]]
  private let names: [String]

  /// Compares two documents; throws for one that is of another kind.
  public init(_ first: ReportDocument, _ second: ReportDocument) throws(DocumentProblem) {
    for document in [first, second] where document.kind != .check {
      throw DocumentProblem(document.file, "it is of memreg \(document.kind.command), not of check")
    }
    documents = [first, second]
    let lists = [first, second].map { $0.root["checks"].items }
    checks = lists.map { list in
      Dictionary(list.map { ($0["name"].cell, $0) }, uniquingKeysWith: { first, _ in first })
    }
    var seen: Set<String> = []
    names = (lists[0] + lists[1]).map { $0["name"].cell }.filter { seen.insert($0).inserted }
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
    switch checks[side][name]?["verdict"].text {
    case "passed": "passes"
    case "failed": "fails"
    case "skipped": "is skipped"
    case "known_defect": "has a known defect"
    default: "was not run"
    }
  }

  private func reason(_ name: String, _ side: Int) -> String? {
    guard let check = checks[side][name] else { return nil }
    if let reason = check["reason"].text { return reason }
    guard let subject = check["subject"].text else { return nil }
    return "\(subject): expected \(check["expected"].cell), observed \(check["observed"].cell)"
  }
}
