import Documents
import LinuxSystem

/// What policies made of a trace: pinned bytes over time, and what each cost.
struct CacheReplay {
  private let document: ReportDocument
  private let report: ReplayReport

  /// `nil` for a document of another kind.
  init?(_ document: ReportDocument) {
    guard let report = document.cache else { return nil }
    self.document = document
    self.report = report
  }

  private var policies: [ReplayReport.Policy] { report.policies }

  /// The figure, the table of policies, and which wins.
  var section: Page.Section {
    var blocks: [Page.Block] = [
      .text(
        "\(report.$uses.cell) uses of \(report.$touchedBytes.size()) by \(report.$strategy.cell)"
          + (document.device.map { " on \($0)" } ?? "") + ", kernel \(document.kernel ?? "unknown")"
          + (document.isEmulated ? " (emulated: ratios hold, times do not)." : ".")
      ),
      .table(table),
    ]
    if policies.contains(where: { !$0.pinnedBytes.isEmpty }) {
      blocks.append(.figure(figure))
    }
    blocks.append(
      .text(
        report.winner.map {
          "\($0) wins: the least time, and within 5 % of that the least pinned."
        } ?? report.undecided.map {
          "No winner: the times of \($0.prefix(8).joined(separator: ", ")) do not tell them apart"
            + (report.enoughUses.map { "; a trace of about \($0) uses would." } ?? ".")
        } ?? "No policy served every use."
      )
    )
    if report.interrupted { blocks.append(.text("Interrupted: the figures are partial.")) }
    return Page.Section(title: "Registration cache: \(report.$trace.cell)", blocks: blocks)
  }

  private var table: Table {
    Table(
      "Policies",
      [
        .text("policy"), .number("time"), .number("a use"), .number("hits"), .number("registered"),
        .number("evicted"), .number("invalidated"), .number("uncached"), .number("pinned at most"),
        .number("failures"),
      ],
      policies.map { policy in
        [
          policy.$policy.cell, policy.$elapsedNs.duration, policy.$nsPerUse.duration,
          policy.hitsPerMille.map { "\(FixedPoint.text($0.percent, decimals: 1)) %" } ?? "-",
          policy.$registrations.cell, policy.$evictions.cell, policy.$invalidations.cell,
          policy.$uncached.cell, policy.$pinnedPeakBytes.size(), policy.$failures.cell,
        ]
      }
    )
  }

  private var figure: Figure {
    Figure(
      title: "Pinned bytes over time",
      description:
        "Bytes that were pinned as the trace went on, a line for each policy. At most: "
        + policies.map { "\($0.$policy.cell) \($0.$pinnedPeakBytes.size())" }
        .joined(separator: ", ") + ".",
      caption:
        "Bytes that the kernel charged, read at equal distances in the trace, against the share of "
        + "the trace that has passed.",
      drawing: draw(),
      tables: [overTime]
    )
  }

  private func draw() -> Drawing {
    let labels = policies.map { Drawing.fitted($0.$policy.cell, to: 200) }
    let margin = max(80, (labels.map { Drawing.width(of: $0) }.max() ?? 0) + 18)
    var drawing = Drawing(width: 960, height: 340)
    let most = Double(policies.flatMap(\.pinnedBytes).max() ?? 0)
    let panel = Panel(
      left: 66,
      top: 14,
      width: 960 - 66 - margin,
      height: 340 - 14 - 34,
      x: .percent,
      y: .bytes(upTo: most)
    )
    panel.drawAxes(in: &drawing)
    var ends: [EndLabel] = []
    for (index, policy) in policies.enumerated() {
      let values = policy.pinnedBytes.map { Double($0) }
      guard values.count > 1 else { continue }
      let points = values.enumerated()
        .map { panel.point(Double($0 + 1) / Double(values.count), $1) }
      drawing.path(points, "line s\(index % 6)")
      for (step, point) in points.enumerated() where step % 8 == index % 8 {
        drawing.mark(index, point, "f\(index % 6)")
      }
      if let last = points.last {
        ends.append(EndLabel(text: labels[index], colour: index % 6, y: last.y))
      }
    }
    panel.drawEndLabels(ends, in: &drawing)
    return drawing
  }

  private var overTime: Table {
    let values = policies.map(\.pinnedBytes)
    let longest = values.map(\.count).max() ?? 0
    let count = min(longest, JSONBounds.mostCells / max(1, policies.count))
    return Table(
      "Pinned bytes by share of the trace",
      [.number("passed")] + policies.map { .number($0.$policy.cell) },
      (0..<count)
        .map { step in
          let share = Double(step + 1) / Double(longest) * 100
          return ["\(FixedPoint.text(share, decimals: 1)) %"]
            + values.map { step < $0.count ? SizeText.text($0[step]) : "-" }
        }
    )
  }
}
