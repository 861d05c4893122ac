import Documents

/// The verdicts of `memreg check`, a column for each document.
struct ChecksByKernel {
  private let documents: [ReportDocument]
  private let reports: [CheckReport]
  private let verdicts: [[String: CheckReport.Entry]]
  /// Names in the order of the first document that has them, by group.
  private let names: [(group: String, name: String)]
  /// The kernels, with the driver where there are several, and the document's name where two are the same.
  private let titles: [String]

  /// Takes the documents of `memreg check` among `documents`.
  init(_ documents: [ReportDocument]) {
    let own = documents.compactMap { document in document.check.map { (document, $0) } }
    self.documents = own.map(\.0)
    reports = own.map(\.1)
    verdicts = reports.map { report in
      Dictionary(
        report.checks.map { ($0.$name.cell, $0) },
        uniquingKeysWith: { first, _ in first }
      )
    }
    var seen: Set<String> = []
    var names: [(String, String)] = []
    for check in reports.flatMap(\.checks) where seen.insert(check.$name.cell).inserted {
      names.append((check.$group.cell, check.$name.cell))
    }
    self.names = names
    titles = ChecksByKernel.titles(of: own.map(\.0))
  }

  var isEmpty: Bool { documents.isEmpty }

  /// The heat map of groups, what needs attention, and every verdict.
  var section: Page.Section {
    guard names.count * documents.count <= JSONBounds.mostCells else {
      return Page.Section(
        title: "Checks by kernel",
        blocks: [
          .text("\(names.count) checks of \(documents.count) documents are too many for a page.")
        ]
      )
    }
    var blocks: [Page.Block] = [.figure(figure)]
    let notable = notableRows
    if !notable.isEmpty {
      blocks.append(
        .table(
          Table(
            "What failed, is a known defect, or differs between documents",
            [.text("check")] + titles.map { .text($0) } + [.text("promise"), .text("observed")],
            notable
          )
        )
      )
    }
    let interrupted = zip(documents, reports).filter { $1.interrupted }
    if !interrupted.isEmpty {
      let names = interrupted.map(\.0.name).joined(separator: ", ")
      blocks.append(.text("Interrupted, so that not every check ran: \(names)."))
    }
    return Page.Section(title: "Checks by kernel", blocks: blocks)
  }

  private static func titles(of documents: [ReportDocument]) -> [String] {
    let drivers = Set(documents.map(\.driver))
    let kernels = documents.map { document in
      (document.kernel ?? "unknown kernel")
        + (drivers.count > 1 ? ", \(document.driver ?? "unknown driver")" : "")
    }
    let counts = Dictionary(kernels.map { ($0, 1) }, uniquingKeysWith: +)
    return zip(kernels, documents)
      .map { kernel, document in
        counts[kernel, default: 0] > 1 ? "\(kernel), \(document.name)" : kernel
      }
  }

  private struct Tally {
    var passed = 0
    var failed = 0
    var knownDefects = 0
    var skipped = 0

    mutating func note(_ verdict: CheckReport.Verdict?) {
      switch verdict {
      case .passed: passed += 1
      case .failed: failed += 1
      case .knownDefect: knownDefects += 1
      case .skipped: skipped += 1
      case nil: break
      }
    }

    var style: String {
      if failed > 0 { return "bad" }
      if knownDefects > 0 { return "warn" }
      return passed > 0 ? "good" : "none"
    }

    var text: String {
      let parts = [
        (passed, "passed"), (failed, "failed"),
        (knownDefects, knownDefects == 1 ? "known defect" : "known defects"), (skipped, "skipped"),
      ]
      let shown = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
      return shown.isEmpty ? "not run" : shown.joined(separator: ", ")
    }
  }

  /// The verdicts of each group, by document.
  private var tallies: [(group: String, tallies: [Tally])] {
    var tallies: [String: [Tally]] = [:]
    for name in names {
      for column in documents.indices {
        tallies[name.group, default: [Tally](repeating: Tally(), count: documents.count)][column]
          .note(verdicts[column][name.name]?.verdict.kind)
      }
    }
    return names.map(\.group).unique.map { ($0, tallies[$0] ?? []) }
  }

  private var figure: Figure {
    let tallies = tallies
    let totals = documents.indices.map { column -> String in
      let failed = tallies.map { $0.tallies[column].failed }.reduce(0, +)
      return "\(titles[column]): \(failed) failed"
    }
    return Figure(
      title: "Verdicts by group",
      description:
        "A grid of the groups of checks by kernel with the number of each verdict. "
        + totals.joined(separator: "; ") + ".",
      caption:
        "Checks of each group by verdict. A cell is marked by its worst: failed, known defect, passed.",
      drawing: draw(tallies),
      tables: [
        Table(
          "Verdicts of every check",
          [.text("check")] + titles.map { .text($0) },
          names.map { name in [name.name] + documents.indices.map { word(name.name, $0) } }
        )
      ]
    )
  }

  private func draw(_ groups: [(group: String, tallies: [Tally])]) -> Drawing {
    let left = 12 + (groups.map { Drawing.width(of: $0.group) }.max() ?? 0)
    let width = min(360, (960 - left) / Double(max(1, documents.count)))
    // Below this the numbers of four verdicts would be cut.
    let cell = (max(width, 270.0), 26.0)
    let top = 30.0
    var drawing = Drawing(
      width: max(960, left + cell.0 * Double(documents.count)),
      height: top + cell.1 * Double(groups.count) + 6
    )
    for (column, title) in titles.enumerated() {
      drawing.label(
        Drawing.fitted(title, to: cell.0 - 12, size: 14),
        Point(left + Double(column) * cell.0 + 6, top - 10),
        "title"
      )
    }
    for (row, (group, tallies)) in groups.enumerated() {
      let y = top + Double(row) * cell.1
      drawing.label(group, Point(left - 8, y + 17), "", .end)
      for (column, tally) in tallies.enumerated() {
        let x = left + Double(column) * cell.0
        drawing.rectangle(x + 1, y + 1, cell.0 - 2, cell.1 - 2, tally.style)
        drawing.label(tally.text, Point(x + 8, y + 17), "")
      }
    }
    return drawing
  }

  private func word(_ name: String, _ column: Int) -> String {
    guard let entry = verdicts[column][name], let verdict = entry.$verdict else {
      return "not run"
    }
    if entry.defectGone { return "passed, known defect gone" }
    return verdict == .knownDefect ? "known defect" : verdict.rawValue
  }

  private var notableRows: [[String]] {
    names.compactMap { name -> [String]? in
      let words = documents.indices.map { word(name.name, $0) }
      let isNotable =
        words.contains { $0 == "failed" || $0.hasSuffix("known defect") || $0.hasSuffix("gone") }
        || Set(words).count > 1
      guard isNotable else { return nil }
      let entries = documents.indices.compactMap { column in
        verdicts[column][name.name].map { (column, $0) }
      }
      let observed = entries.compactMap { column, entry -> String? in
        guard let text = observation(entry) else { return nil }
        return documents.count > 1 ? "\(titles[column]): \(text)" : text
      }
      let promise = entries.first?.1.$promise ?? "-"
      return [name.name] + words + [promise, observed.first ?? "-"]
    }
  }

  /// What was seen instead of what was promised, or why nothing was.
  private func observation(_ entry: CheckReport.Entry) -> String? {
    if let observed = entry.observed {
      return "\(entry.subject.cell): expected \(entry.expected.cell), observed \(observed)"
    }
    return entry.reason.map { "skipped: \($0)" }
  }
}
