import Measurement

/// Draws the metrics with the farthest outliers: what is usual as a band, each outlier as a mark, the farthest by name.
struct FleetFigure {
  let fleet: Fleet
  let ranking: FleetRanking

  private static let mostMetrics = 12
  private static let mostMarks = 60
  /// The width of the metrics' names.
  private static let names = 300.0

  /// Metrics by their farthest outlier.
  private var shown: [(metric: Int, outliers: [FleetRanking.Outlier])] {
    Dictionary(grouping: ranking.outliers.filter { ranking.metrics[$0.metric].scale.median > 0 }) {
      $0.metric
    }
    .map { ($0, $1.sorted { abs($0.score) > abs($1.score) }) }
    .sorted { first, second in
      let scores = (abs(first.1.first?.score ?? 0), abs(second.1.first?.score ?? 0))
      return scores.0 == scores.1 ? first.0 < second.0 : scores.0 > scores.1
    }
    .prefix(FleetFigure.mostMetrics).map(\.self)
  }

  var figure: Figure {
    let shown = shown
    return Figure(
      title: "How far outliers lie",
      description:
        "For \(shown.count) metrics the ratio to the median of all hosts, logarithmic: a band for "
        + "what is usual, and a mark for each outlier. "
        + shown.prefix(3).map { farthest($0) }.joined(separator: "; ") + ".",
      caption:
        "Value divided by the median of all hosts. Band: within a score of 3.5. Marks: outliers, the "
        + "farthest with its name.",
      drawing: draw(shown),
      tables: [
        Table(
          "Metrics with the farthest outliers",
          [
            .text("metric"), .number("hosts"), .number("median"), .number("deviation"),
            .number("outliers"), .text("farthest"), .number("value"), .number("score"),
          ],
          shown.map { row($0.metric, $0.outliers) }
        )
      ]
    )
  }

  private func farthest(_ one: (metric: Int, outliers: [FleetRanking.Outlier])) -> String {
    guard let first = one.outliers.first else { return "" }
    return "\(ranking.metrics[one.metric].metric.name): \(fleet.hosts[first.host]) with "
      + ranking.metrics[one.metric].metric.unit.text(first.value)
  }

  private func row(_ metric: Int, _ outliers: [FleetRanking.Outlier]) -> [String] {
    let judged = ranking.metrics[metric]
    let first = outliers.first
    return [
      judged.metric.name, "\(judged.values.count)", judged.metric.unit.text(judged.scale.median),
      judged.metric.unit.text(judged.scale.deviation), "\(outliers.count)",
      first.map { fleet.hosts[$0.host] } ?? "-",
      first.map { judged.metric.unit.text($0.value) } ?? "-",
      first.map { Fleet.text(score: $0.score) } ?? "-",
    ]
  }

  private func draw(_ shown: [(metric: Int, outliers: [FleetRanking.Outlier])]) -> Drawing {
    let rowHeight = 46.0
    let height = rowHeight * Double(max(1, shown.count))
    var drawing = Drawing(width: 960, height: height + 40)
    let ratios = shown.flatMap { one in
      one.outliers.map { $0.value / ranking.metrics[one.metric].scale.median }
    }
    let panel = Panel(
      left: FleetFigure.names,
      top: 8,
      width: 945 - FleetFigure.names,
      height: height,
      x: .ratios(ratios),
      y: .percent.withoutTicks
    )
    panel.drawAxes(in: &drawing)
    for (index, one) in shown.enumerated() {
      let y = 8 + rowHeight * Double(index)
      draw(one.outliers, of: ranking.metrics[one.metric], in: panel, y, &drawing)
    }
    return drawing
  }

  private func draw(
    _ outliers: [FleetRanking.Outlier],
    of judged: FleetRanking.Judged,
    in panel: Panel,
    _ top: Double,
    _ drawing: inout Drawing
  ) {
    let (median, reach) = (judged.scale.median, judged.scale.deviation * RobustScale.outlierScore)
    let middle = top + 30
    let left = panel.point(max(0, median - reach) / median, 0).x
    let right = panel.point((median + reach) / median, 0).x
    let parts = judged.metric.name.split(separator: ",", maxSplits: 1).map(String.init)
    let beside = (parts.dropFirst().map { String($0.dropFirst()) } + ["median"])
      .joined(separator: ", ")
    drawing.label(parts.first ?? "", Point(panel.left - 12, top + 20), "title", .end)
    drawing.label(
      "\(beside) \(judged.metric.unit.text(median))",
      Point(panel.left - 12, top + 36),
      "small note",
      .end
    )
    drawing.rectangle(left, middle - 8, max(2, right - left), 16, "good")
    drawing.line(
      Point(panel.point(1, 0).x, middle - 8),
      Point(panel.point(1, 0).x, middle + 8),
      "line s0"
    )
    for outlier in outliers.prefix(FleetFigure.mostMarks) {
      let x = panel.point(outlier.value / median, 0).x
      drawing.mark(3, Point(x, middle), "f1")
    }
    guard let first = outliers.first else { return }
    let x = panel.point(first.value / median, 0).x
    let name = String(fleet.hosts[first.host].prefix(40))
    let half = Drawing.width(of: name) / 2
    let centre = min(panel.right - half, max(panel.left + half + 4, x))
    drawing.label(name, Point(centre, middle - 12), "f1", .middle)
  }
}
