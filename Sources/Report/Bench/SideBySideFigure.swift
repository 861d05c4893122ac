import Documents
import LinuxSystem

/// Draws what all series cost in one pair of axes: strategies and kinds of memory side by side.
struct SideBySideFigure {
  let series: [CostSeries]

  /// The figure, or `nil` where there is nothing to compare.
  func figure(conditions: String) -> Figure? {
    let shown = series.filter { !$0.wholeCost.isEmpty }
    guard shown.count > 1 else { return nil }
    return Figure(
      title: "Strategies and kinds of memory, side by side",
      description:
        "The median cost of making memory usable and giving it back, against its size, both axes "
        + "logarithmic, with a line for each of \(shown.map(\.name).joined(separator: "; ")).",
      caption:
        "The median of registering and deregistering in a tight loop, or of copying, against the "
        + "size of the memory. \(conditions)",
      drawing: draw(shown),
      tables: [table(shown)]
    )
  }

  private func draw(_ shown: [CostSeries]) -> Drawing {
    let labels = CostSeries.shortened(shown.map(\.name))
      .map { Drawing.fitted($0, to: 284) }
    let margin = min(300, (labels.map { Drawing.width(of: $0) }.max() ?? 0) + 16)
    let height = max(380.0, Double(shown.count) * 14 + 100)
    var drawing = Drawing(width: 960, height: height)
    let costs = shown.flatMap(\.wholeCost)
    let panel = Panel(
      left: 58,
      top: 14,
      width: 960 - 58 - margin,
      height: height - 14 - 34,
      x: Scale.sizes(costs.map(\.bytes), room: 9),
      y: Scale.times(costs.map(\.nanoseconds))
    )
    panel.drawAxes(in: &drawing)
    var ends: [EndLabel] = []
    for (index, one) in shown.enumerated() {
      let colour = index % 6
      let points = one.wholeCost.map { panel.point($0.bytes, $0.nanoseconds) }
      drawing.path(points, "line s\(colour)")
      for point in points { drawing.mark(index, point, "f\(colour)") }
      if let last = points.last {
        ends.append(EndLabel(text: labels[index], colour: colour, y: last.y))
      }
    }
    panel.drawEndLabels(ends, in: &drawing)
    return drawing
  }

  private func table(_ shown: [CostSeries]) -> Table {
    let sizes = Set(shown.flatMap { $0.wholeCost.map(\.bytes) }).sorted()
    let costs = shown.map { one in
      Dictionary(
        one.wholeCost.map { ($0.bytes, $0.nanoseconds) },
        uniquingKeysWith: { first, _ in first }
      )
    }
    return Table(
      "Median of register and deregister, or of copying",
      [.number("size")] + shown.map { .number($0.name) },
      sizes.prefix(JSONBounds.mostCells / max(1, shown.count))
        .map { size in
          [SizeText.text(size)]
            + costs.map { cost in cost[size].map { DurationText.text(nanoseconds: $0) } ?? "-" }
        }
    )
  }
}
