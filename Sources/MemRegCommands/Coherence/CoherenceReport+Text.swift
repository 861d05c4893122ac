import Coherence
import Documents
import LinuxSystem
import Report

extension CoherenceReport {
  /// One table for each kind of registration, what was skipped and why, and what is unexplained.
  var text: StyledText {
    var text: StyledText = "\(device), kernel \(kernel)\n"
    for (title, grid) in grids {
      var table = TextTable(grid[0].map { ($0, .left) })
      for row in grid.dropFirst() {
        let failed = zip(grid[0], row).filter { $1 == Verdict.failed.rawValue }.map(\.0)
        table.append(row, Dictionary(uniqueKeysWithValues: failed.map { ($0, .bad) }))
      }
      text += "\n\(title)\n\(table.styled)"
    }
    let last = StyledText(remarks.suffix(1).joined(), unexplained.isEmpty ? .good : .bad)
    return text + "\n" + (remarks.dropLast().map { StyledText($0) } + [last]).printableLines
  }

  /// The same as Markdown.
  var markdown: String {
    var text = "# Coherence of \(device), kernel \(kernel)\n"
    for (title, grid) in grids {
      text += "\n## \(title)\n\n"
      for (index, row) in grid.enumerated() {
        text += "| " + row.map(Markdown.escaped).joined(separator: " | ") + " |\n"
        if index == 0 { text += "|" + row.map { _ in " --- |" }.joined() + "\n" }
      }
    }
    return text + "\n" + remarks.map { "- \(Markdown.paragraph($0))\n" }.joined()
  }

  /// Everything that is known of the first cell.
  var explanation: String {
    guard let cell = cells.first else { return "" }
    let operation = CoherenceOperation(rawValue: cell.operation)?.summary ?? ""
    var lines = [
      "\(cell.operation)/\(cell.registration)/\(cell.memory) on \(device), kernel \(kernel)",
      "operation: \(operation)",
      "verdict:   \(CoherenceReport.label(cell))",
      "expected:  \(cell.expected.map { [$0.rawValue, cell.expectedStatus].joined } ?? "-")",
    ]
    if let access = cell.access { lines.append("access:    \(access)") }
    if let reason = cell.reason { lines.append("reason:    \(reason)") }
    return (lines + cell.evidence.map { "  \($0)" }).printableLines
  }

  /// For each registration that has cells a heading and the rows of its table, the first being the titles.
  private var grids: [(String, [[String]])] {
    CoherenceRegistration.allCases.compactMap { registration in
      let own = cells.filter { $0.registration == registration.rawValue }
      let memories = CoherenceMemory.allCases.map(\.rawValue)
        .filter { name in own.contains { $0.memory == name } }
      guard !memories.isEmpty else { return nil }
      let rows = CoherenceOperation.allCases.compactMap { operation -> [String]? in
        let row = own.filter { $0.operation == operation.rawValue }
        guard !row.isEmpty else { return nil }
        return [operation.rawValue]
          + memories.map { name in
            row.first { $0.memory == name }.map(CoherenceReport.shortLabel) ?? "-"
          }
      }
      return (registration.title, [["operation"] + memories] + rows)
    }
  }

  private var remarks: [String] {
    var skips: [(reason: String, count: Int)] = []
    for cell in cells where cell.verdict == .skipped {
      let reason = cell.reason ?? "no reason"
      if let index = skips.firstIndex(where: { $0.reason == reason }) {
        skips[index].count += 1
      } else {
        skips.append((reason, 1))
      }
    }
    let verdicts = Verdict.allCases.filter { $0 != .notApplicable && $0 != .skipped }
    let staged = verdicts.reduce(0) { $0 + (counts[$1.rawValue] ?? 0) }
    let words = verdicts.compactMap { verdict in
      counts[verdict.rawValue].map { "\($0) \(verdict.rawValue)" }
    }
    let failed = cells.first { $0.verdict == .failed }
      .map { "failed first: \($0.operation)/\($0.registration)/\($0.memory): \($0.reason ?? "")" }
    return [
      "\(staged) cells staged: \(words.isEmpty ? "none" : words.joined(separator: ", "))"
    ] + [failed].compactMap { $0 } + skips.map { "skipped \($0.count): \($0.reason)" } + [
      unexplained.isEmpty
        ? "unexplained: none" : "unexplained: \(unexplained.joined(separator: ", "))"
    ]
  }

  /// Completion statuses without the prefix that all of them have.
  private static func shortLabel(_ cell: Cell) -> String {
    guard let status = cell.status, cell.verdict == .error else {
      return label(cell)
    }
    return status.hasPrefix("IBV_WC_") ? String(status.dropFirst(7)) : "error \(status)"
  }

  private static func label(_ cell: Cell) -> String {
    cell.verdict == .notApplicable
      ? "-" : [cell.verdict.rawValue, cell.status].joined
  }
}

extension [String?] {
  /// The parts that are there, with a space between.
  fileprivate var joined: String { compactMap(\.self).joined(separator: " ") }
}
