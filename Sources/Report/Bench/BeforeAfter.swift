import LinuxSystem
import Measurement

/// Two benchmark documents of the same cases: the ratio of their medians, with 95 % confidence intervals.
struct BeforeAfter {
  /// One operation at one size.
  struct Row {
    let series: String
    let bytes: Double
    let phase: String
    let before: Double
    let after: Double
    let ratio: MedianRatio

    /// What the ratio and its interval allow to say: a difference that no one would notice is none.
    var verdict: String {
      guard ratio.lower > 1 || ratio.upper < 1 else { return "no difference shown" }
      guard abs(ratio.ratio - 1) > BeforeAfter.threshold else {
        return "less than \(BeforeAfter.percent) % apart"
      }
      return ratio.ratio > 1 ? "slower" : "faster"
    }

    /// Whether it counts as a difference.
    var differs: Bool { ["slower", "faster"].contains(verdict) }
  }

  /// What a median must differ by.
  private static let threshold = 0.05
  private static let percent = 5

  let before: BenchDocument
  let after: BenchDocument
  let rows: [Row]

  /// Compares what both have; `nil` where that is nothing.
  init?(_ before: BenchDocument, _ after: BenchDocument) {
    var rows: [Row] = []
    let bases = Dictionary(
      before.series.map { ($0.name, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    for one in after.series {
      guard let base = bases[one.name] else { continue }
      for curve in one.curves {
        guard let reference = base.curve(curve.phase) else { continue }
        let points = Dictionary(
          reference.points.map { ($0.bytes, $0) },
          uniquingKeysWith: { first, _ in first }
        )
        for point in curve.points {
          guard let other = points[point.bytes],
            let ratio = MedianRatio(of: point.samples, to: other.samples)
          else { continue }
          rows.append(
            Row(
              series: one.name,
              bytes: point.bytes,
              phase: curve.phase,
              before: other.p50,
              after: point.p50,
              ratio: ratio
            )
          )
        }
      }
    }
    guard !rows.isEmpty else { return nil }
    self.before = before
    self.after = after
    self.rows = rows
  }

  /// The comparison as a section.
  var section: Page.Section {
    let changed = ["slower", "faster"]
      .map { word in "\(rows.count { $0.verdict == word }) \(word)" }
    var blocks: [Page.Block] = [
      .text(
        "\(rows.count) medians compared: \(changed.joined(separator: ", ")) by more than "
          + "\(BeforeAfter.percent) %, the others without a difference of that size that the samples show."
      )
    ]
    if !differences.isEmpty { blocks.append(.list(differences)) }
    blocks.append(.figure(figure))
    return Page.Section(
      title: "\(after.document.name) compared with \(before.document.name)",
      blocks: blocks
    )
  }

  private var differences: [String] {
    [
      ("kernel", before.document.kernel, after.document.kernel),
      ("host", before.document.host, after.document.host),
      ("device", before.document.device, after.document.device),
      ("driver", before.document.driver, after.document.driver),
    ]
    .filter { $0.1 != $0.2 }
    .map { "The \($0) differs: \($1 ?? "none") before, \($2 ?? "none") after." }
  }

  private var names: [String] { rows.map(\.series).unique }

  private var figure: Figure {
    Figure(
      title: "Ratio of medians by size",
      description:
        "For each series the median after divided by the median before, against size, with "
        + "95 % confidence intervals; below 1 is faster. "
        + "\(rows.count { $0.verdict == "slower" }) of \(rows.count) are slower, "
        + "\(rows.count { $0.verdict == "faster" }) faster.",
      caption:
        "Median after divided by median before, with the 95 % confidence interval of a bootstrap. "
        + "Below 1 is faster. Hollow: less than \(BeforeAfter.percent) % apart, or the interval holds 1, so that no "
        + "difference is shown.",
      drawing: draw(),
      tables: [table]
    )
  }

  private func draw() -> Drawing {
    let names = names
    let shown = rows.filter { $0.phase != "pair" }
    let curves = Dictionary(grouping: shown) { [$0.series, $0.phase] }
    let phases = names.map { name in
      ["register", "deregister", "copy"].filter { curves[[name, $0]] != nil }
    }
    let grid = PanelGrid(of: phases.map(\.count), height: 210, margins: (48, 32, 68, 34))
    var drawing = grid.drawing
    let x = Scale.sizes(shown.map(\.bytes), room: grid.labels)
    let y = Scale.ratios(shown.flatMap { [$0.ratio.lower, $0.ratio.upper, $0.ratio.ratio] })
    let short = CostSeries.shortened(names)
    for (series, name) in names.enumerated() {
      for (index, phase) in phases[series].enumerated() {
        grid.draw(series, index, x: x, y: y, in: &drawing) { panel, drawing in
          panel.drawTitle(short[series], phase, above: 11, in: &drawing)
          draw(curves[[name, phase]] ?? [], phase, in: panel, &drawing)
        }
      }
    }
    return drawing
  }

  private func draw(_ rows: [Row], _ phase: String, in panel: Panel, _ drawing: inout Drawing) {
    let colour = CostFigure.colour(of: phase)
    let middle = panel.point(panel.x.lower, 1).y
    panel.drawAxes(in: &drawing)
    drawing.line(Point(panel.left, middle), Point(panel.right, middle), "rule")
    let words = [("slower", -13.0), ("same", 0), ("faster", 13)]
    panel.drawEndLabels(
      words.map { EndLabel(text: $0, colour: 5, y: middle + $1) },
      in: &drawing
    )
    for row in rows {
      let place = panel.point(row.bytes, row.ratio.ratio)
      drawing.line(
        panel.point(row.bytes, row.ratio.lower),
        panel.point(row.bytes, row.ratio.upper),
        "line s\(colour)"
      )
      drawing.mark(colour, place, row.differs ? "f\(colour)" : "hollow s\(colour)")
    }
  }

  private var table: Table {
    Table(
      "Median after by median before",
      [
        .text("series"), .number("size"), .text("operation"), .number("before"), .number("after"),
        .number("ratio"), .number("95 % interval"), .text("verdict"),
      ],
      rows.map { row in
        [
          row.series, SizeText.text(row.bytes), row.phase,
          DurationText.text(nanoseconds: row.before), DurationText.text(nanoseconds: row.after),
          FixedPoint.text(row.ratio.ratio, decimals: 3),
          "\(FixedPoint.text(row.ratio.lower, decimals: 3)) to "
            + FixedPoint.text(row.ratio.upper, decimals: 3),
          row.verdict,
        ]
      }
    )
  }
}
