import Documents
import Glibc
import LinuxSystem

/// Draws cost against size, both logarithmic: a panel for each series, its percentiles as bands around the median.
struct CostFigure {
  let series: [CostSeries]
  let pageBytes: Double

  /// The figure of a document, or `nil` where nothing was measured.
  func figure(title: String, conditions: String) -> Figure? {
    let shown = series.filter { !$0.singles.isEmpty }
    guard !shown.isEmpty else { return nil }
    let panels = shown.reduce(0) { $0 + $1.singles.count }
    return Figure(
      title: title,
      description:
        "Time per operation against the size of the region, both axes logarithmic, in "
        + "\(panels == 1 ? "one panel" : "\(panels) panels with the same axes"): "
        + shown.map(CostFigure.inWords).joined(separator: "; ") + ".",
      caption:
        "Time per operation against the size of the region: the median, bands up to the 90th and the "
        + "99th percentile, and dotted the fitted cost. \(conditions)",
      drawing: draw(shown),
      tables: shown.map(table)
    )
  }

  private func draw(_ shown: [CostSeries]) -> Drawing {
    let grid = PanelGrid(of: shown.map(\.singles.count), height: 250, margins: (58, 46, 68, 34))
    var drawing = grid.drawing
    let points = shown.flatMap { $0.singles.flatMap(\.points) }
    let x = Scale.sizes(points.map(\.bytes), room: grid.labels)
    let y = Scale.times(points.flatMap { [$0.p50, $0.p99] })
    let names = CostSeries.shortened(shown.map(\.name))
    for (series, one) in shown.enumerated() {
      for (index, curve) in one.singles.enumerated() {
        grid.draw(series, index, x: x, y: y, in: &drawing) { panel, drawing in
          panel.drawTitle(names[series], curve.phase, above: 26, in: &drawing)
          draw(curve, in: panel, &drawing)
        }
      }
    }
    return drawing
  }

  private func draw(_ curve: CostSeries.Curve, in panel: Panel, _ drawing: inout Drawing) {
    let colour = CostFigure.colour(of: curve.phase)
    drawing.label(
      curve.model.map { "fitted \($0.text), R² \(FixedPoint.text($0.rSquared, decimals: 3))" }
        ?? "no fitted cost",
      Point(panel.left, panel.top - 9),
      "small note"
    )
    panel.drawAxes(in: &drawing)
    let medians = curve.points.map { panel.point($0.bytes, $0.p50) }
    var labels = [(medians.last, "median")]
    for (values, style, name) in [
      (curve.points.map(\.p99), "wide", "p99"), (curve.points.map(\.p90), "narrow", "p90"),
    ] {
      let edge = zip(curve.points, values).map { panel.point($0.bytes, $1) }
      drawing.path(edge + medians.reversed(), "\(style) f\(colour)", closed: true)
      if let top = edge.first, let median = medians.first, edge.count == 1 {
        drawing.rectangle(top.x - 5, top.y, 10, median.y - top.y, "\(style) f\(colour)")
      }
      labels.append((edge.last, name))
    }
    drawing.path(medians, "line s\(colour)")
    for point in medians { drawing.mark(colour, point, "f\(colour)") }
    drawModel(of: curve, in: panel, &drawing)
    panel.drawEndLabels(
      labels.compactMap { point, text in
        point.map { EndLabel(text: text, colour: colour, y: $0.y) }
      },
      in: &drawing
    )
  }

  private func drawModel(
    of curve: CostSeries.Curve,
    in panel: Panel,
    _ drawing: inout Drawing
  ) {
    guard let model = curve.model, let first = curve.points.first, let last = curve.points.last,
      first.bytes < last.bytes
    else { return }
    // The line is straight, the axes are not: one position for every few pixels.
    let steps = 60
    let line = (0...steps)
      .map { step -> Point in
        let bytes =
          first.bytes * pow(last.bytes / first.bytes, Double(step) / Double(steps))
        return panel.point(bytes, model.base + model.perPage * bytes / pageBytes)
      }
    drawing.path(line, "model")
  }

  static func colour(of phase: String) -> Int {
    switch phase {
    case "register": 0
    case "deregister": 1
    default: 2
    }
  }

  private static func inWords(_ series: CostSeries) -> String {
    let curves = series.singles.map { curve -> String in
      guard let first = curve.points.first, let last = curve.points.last else { return curve.phase }
      return "\(curve.phase) from \(DurationText.text(nanoseconds: first.p50)) at "
        + "\(SizeText.text(first.bytes)) to \(DurationText.text(nanoseconds: last.p50)) at "
        + SizeText.text(last.bytes)
    }
    return "\(series.name): \(curves.joined(separator: ", "))"
  }

  private func table(_ series: CostSeries) -> Table {
    var table = Table(
      series.name,
      [
        .number("size"), .text("operation"), .number("samples"), .number("min"), .number("p50"),
        .number("p90"), .number("p99"), .number("p99.9"), .number("max"), .number("fitted"),
        .number("ns/page"), .number("charged pages"),
      ]
    )
    for benchCase in series.cases {
      for phase in benchCase.phases {
        let model = series.curves.first { $0.phase == phase.phase.rawValue }?.model
        let fitted = benchCase.$sizeBytes
          .flatMap { bytes in model?.cost(of: Double(bytes), pageBytes: pageBytes) }
        table.rows.append([
          benchCase.$sizeBytes.size(), phase.$phase.cell, phase.$samples.cell,
          phase.$minNs.duration, phase.$p50Ns.duration, phase.$p90Ns.duration,
          phase.$p99Ns.duration, phase.$p999Ns.duration, phase.$maxNs.duration,
          fitted.map { DurationText.text(nanoseconds: $0) } ?? "-",
          phase.$perPagePs.map { FixedPoint.text(Double($0) / 1000, decimals: 1) } ?? "-",
          benchCase.chargedPages.cell,
        ])
      }
    }
    return table
  }
}
