import Documents

/// The matrix of `memreg coherence` as a heat map: operations by registrations and kinds of memory.
struct CoherenceMatrix {
  private let document: ReportDocument
  private let report: CoherenceReport
  private let cells: [String: CoherenceReport.Cell]
  private let operations: [String]
  private let columns: [(registration: String, memory: String)]

  /// `nil` for a document of another kind.
  init?(_ document: ReportDocument) {
    guard let report = document.coherence else { return nil }
    self.document = document
    self.report = report
    let all = report.cells
    cells = Dictionary(
      all.map { (CoherenceMatrix.key($0), $0) },
      uniquingKeysWith: { first, _ in first }
    )
    operations = all.map(\.$operation.cell).unique
    // Kinds of memory come in the same order for each registration.
    let places = Dictionary(
      uniqueKeysWithValues: all.map(\.$memory.cell).unique.enumerated().map { ($1, $0) }
    )
    let memories = Dictionary(grouping: all, by: \.$registration.cell)
      .mapValues { cells in
        cells.map(\.$memory.cell).unique.sorted { (places[$0] ?? 0) < (places[$1] ?? 0) }
      }
    columns = all.map(\.$registration.cell).unique
      .flatMap { registration in (memories[registration] ?? []).map { (registration, $0) } }
  }

  /// The heat map, and what is unexplained.
  var section: Page.Section {
    let unexplained = report.unexplained
    let counts = report.counts.sorted { $0.key < $1.key }
      .map { "\($0.value) \(CoherenceMatrix.words(Word(rawValue: $0.key)))" }
    return Page.Section(
      title:
        "Coherence on \(document.device ?? "a device"), kernel \(document.kernel ?? "unknown")",
      blocks: [
        .text("Cells by verdict: \(counts.joined(separator: ", "))."),
        operations.count * columns.count > JSONBounds.mostCells
          ? .text(
            "\(operations.count) operations by \(columns.count) columns are too many to draw."
          )
          : .figure(figure(unexplained)),
        .text(
          unexplained.isEmpty
            ? "Every verdict is the one that is known of this kernel."
            : "Unexplained: \(unexplained.joined(separator: ", "))."
        ),
      ]
    )
  }

  private func figure(_ unexplained: [String]) -> Figure {
    Figure(
      title: "What the device sees after the memory has changed",
      description:
        "A grid of \(operations.count) operations by \(columns.count) ways of registering and kinds "
        + "of memory, each cell with its verdict. \(unexplained.count) cells are unexplained.",
      caption:
        "coherent: CPU and device see the same. stale: the device reads what the CPU does not see. "
        + "diverged: it also writes where the CPU does not look. error, refused: there is no access. "
        + "A frame marks what is unexplained on this kernel.",
      drawing: draw(Set(unexplained)),
      tables: [
        Table(
          "Verdict of every cell",
          [.text("operation")] + columns.map { .text("\($0.registration), \($0.memory)") },
          operations.map { operation in
            [operation] + columns.map { label(of: cell(operation, $0), isShort: false) }
          }
        )
      ]
    )
  }

  private func draw(_ unexplained: Set<String>) -> Drawing {
    let left = 10 + (operations.map { Drawing.width(of: $0, size: 11) }.max() ?? 0)
    let cellSize = (max(54.0, min(120, (960 - left) / Double(max(1, columns.count)))), 20.0)
    let top = 46.0
    var drawing = Drawing(
      width: max(960, left + cellSize.0 * Double(columns.count) + 4),
      height: top + cellSize.1 * Double(operations.count) + 6
    )
    var previous = ""
    for (index, column) in columns.enumerated() {
      let x = left + Double(index) * cellSize.0
      if column.registration != previous {
        drawing.label(column.registration, Point(x + 2, 15), "title")
        if index > 0 { drawing.line(Point(x, 4), Point(x, drawing.height - 4), "rule") }
        previous = column.registration
      }
      let name = column.memory == "anonymous" && cellSize.0 < 64 ? "anon" : column.memory
      drawing.label(
        Drawing.fitted(name, to: cellSize.0, size: 10.5),
        Point(x + cellSize.0 / 2, 36),
        "small",
        .middle
      )
    }
    for (row, operation) in operations.enumerated() {
      let y = top + Double(row) * cellSize.1
      drawing.label(operation, Point(left - 7, y + 14), "tick", .end)
      for (index, column) in columns.enumerated() {
        let cell = cell(operation, column)
        let x = left + Double(index) * cellSize.0
        let style = CoherenceMatrix.style(of: cell?.verdict.kind)
        if let style {
          drawing.rectangle(x + 1, y + 1, cellSize.0 - 2, cellSize.1 - 2, style)
        }
        let name = "\(operation)/\(column.registration)/\(column.memory)"
        if unexplained.contains(name) {
          drawing.rectangle(x + 2, y + 2, cellSize.0 - 4, cellSize.1 - 4, "frame")
        }
        drawing.label(
          Drawing.fitted(label(of: cell, isShort: true), to: cellSize.0 + 8, size: 10.5),
          Point(x + cellSize.0 / 2, y + 14),
          style == nil ? "small note" : "small",
          .middle
        )
      }
    }
    return drawing
  }

  private func cell(_ operation: String, _ column: (registration: String, memory: String))
    -> CoherenceReport.Cell?
  {
    cells["\(operation)/\(column.registration)/\(column.memory)"]
  }

  private static func key(_ cell: CoherenceReport.Cell) -> String {
    "\(cell.$operation.cell)/\(cell.$registration.cell)/\(cell.$memory.cell)"
  }

  private func label(of cell: CoherenceReport.Cell?, isShort: Bool) -> String {
    guard let verdict = cell?.$verdict, verdict != .notApplicable else { return "–" }
    guard !isShort, let status = cell?.status else { return CoherenceMatrix.words(verdict) }
    return "\(CoherenceMatrix.words(verdict)) \(status)"
  }

  private static func words(_ verdict: Word<CoherenceReport.Verdict>) -> String {
    verdict == .notApplicable ? "not applicable" : verdict.rawValue
  }

  private static func style(of verdict: CoherenceReport.Verdict?) -> String? {
    switch verdict {
    case .coherent: "good"
    case .stale: "warn"
    case .diverged: "bad"
    case .error: "error"
    case .refused: "none"
    case .failed, .notApplicable, .skipped, nil: nil
    }
  }
}
