import Documents

/// Draws what each call spends its time on in the kernel: a bar for each size, divided into shares.
///
/// Shares, since the times of small and large regions differ by a factor of a thousand and more; the time itself stands
/// at the end of the bar.
struct StageFigure {
  let series: [CostSeries]

  /// One bar.
  private struct Bar {
    let size: String
    let time: String
    /// Nanoseconds of each part, in the order of `names`.
    let parts: [Double]
  }

  /// The bars of one kind of operation of one series.
  private struct Group {
    let title: String
    let bars: [Bar]
  }

  private static let outside = "outside"
  private static let names = BenchStages.partNames + [outside]
  private static let styles = ["f0", "f1", "f2", "f3", "f4", "f5", "f0", "none"]
  private static let (left, right) = (96.0, 860.0)
  private static let (rowHeight, headHeight, legendHeight) = (24.0, 34.0, 30.0)

  /// The figure, or `nil` if nothing was traced.
  func figure(conditions: String) -> Figure? {
    let groups = groups
    guard !groups.isEmpty else { return nil }
    return Figure(
      title: "Where the time goes in the kernel",
      description:
        "For each series, operation and size a bar divided into the shares of "
        + StageFigure.names.joined(separator: ", ") + ": "
        + groups.map(StageFigure.inWords).joined(separator: "; ") + ".",
      caption:
        "The parts of a typical call as traced, as shares of the median that its caller waits while it is "
        + "traced, which stands at the right. Outside: the library and the system call. \(conditions)",
      drawing: draw(groups),
      tables: series.compactMap(StageFigure.table)
    )
  }

  private var groups: [Group] {
    let names = CostSeries.shortened(series.map(\.name))
    return zip(series, names)
      .flatMap { one, name in
        ["register", "deregister"]
          .map { phase in
            Group(
              title: "\(name): \(phase)",
              bars: one.cases.compactMap { StageFigure.bar(of: $0, phase) }
            )
          }
      }
      .filter { !$0.bars.isEmpty }
  }

  private static func bar(of benchCase: BenchReport.Case, _ phase: String) -> Bar? {
    guard let stages = benchCase.stages?.first(where: { $0.phase.rawValue == phase }) else {
      return nil
    }
    let parts =
      BenchStages.partNames.map { Double(stages.partsNs[$0] ?? 0) } + [Double(stages.outsideNs)]
    guard parts.reduce(0, +) > 0 else { return nil }
    return Bar(
      size: benchCase.$sizeBytes.size(),
      time: stages.$tracedP50Ns.duration,
      parts: parts
    )
  }

  private func draw(_ groups: [Group]) -> Drawing {
    let rows = groups.reduce(0) { $0 + $1.bars.count }
    var drawing = Drawing(
      width: 960,
      height: StageFigure.legendHeight + StageFigure.headHeight * Double(groups.count)
        + StageFigure.rowHeight * Double(rows) + 12
    )
    drawLegend(in: &drawing)
    var y = StageFigure.legendHeight
    for group in groups {
      drawing.label(group.title, Point(StageFigure.left, y + 22), "title")
      y += StageFigure.headHeight
      for bar in group.bars {
        draw(bar, at: y, in: &drawing)
        y += StageFigure.rowHeight
      }
    }
    return drawing
  }

  private func drawLegend(in drawing: inout Drawing) {
    var x = StageFigure.left
    for (name, style) in zip(StageFigure.names, StageFigure.styles) {
      drawing.rectangle(x, 8, 12, 12, StageFigure.look(name, style))
      drawing.label(name, Point(x + 17, 18), "note")
      x += Drawing.width(of: name) + 34
    }
  }

  private func draw(_ bar: Bar, at y: Double, in drawing: inout Drawing) {
    let whole = bar.parts.reduce(0, +)
    var x = StageFigure.left
    drawing.label(bar.size, Point(x - 8, y + 15), "tick", .end)
    for (index, part) in bar.parts.enumerated() where part > 0 {
      let width = (StageFigure.right - StageFigure.left) * part / whole
      let (name, style) = (StageFigure.names[index], StageFigure.styles[index])
      drawing.rectangle(x, y + 1, width, StageFigure.rowHeight - 4, StageFigure.look(name, style))
      drawing.line(Point(x, y + 1), Point(x, y + StageFigure.rowHeight - 3), "rule")
      let share = "\(name) \(FixedPoint.text(part / whole * 100, decimals: 0)) %"
      let text = [share, name].first { Drawing.width(of: $0, size: 10.5) + 8 <= width }
      if let text { drawing.label(text, Point(x + 5, y + 15), "small") }
      x += width
    }
    drawing.label(bar.time, Point(StageFigure.right + 8, y + 15), "tick")
  }

  /// Pale, so that words can stand on it; release is not beside uverbs, whose colour it shares.
  private static func look(_ name: String, _ style: String) -> String {
    switch name {
    case outside: style
    case "release": "wide \(style)"
    default: "narrow \(style)"
    }
  }

  private static func inWords(_ group: Group) -> String {
    guard let last = group.bars.last else { return group.title }
    let whole = last.parts.reduce(0, +)
    let largest = zip(names, last.parts).max { $0.1 < $1.1 }
    return "\(group.title), \(last.size): \(last.time)"
      + (largest.map { ", of that \($0.0) \(FixedPoint.text($0.1 / whole * 100, decimals: 0)) %" }
        ?? "")
  }

  private static func time(_ nanoseconds: UInt64) -> String {
    nanoseconds == 0 ? "-" : DurationText.text(nanoseconds: Double(nanoseconds))
  }

  private static func table(_ series: CostSeries) -> Table? {
    var table = Table(
      series.name,
      [.number("size"), .text("operation"), .number("calls"), .number("lost"), .number("traced")]
        + names.map { .number($0) }
        + [.number("of untraced"), .number("95 % interval")]
    )
    for benchCase in series.cases {
      for stages in benchCase.stages ?? [] {
        let ratios = [stages.tracedRatioPpm, stages.tracedRatioLowPpm, stages.tracedRatioHighPpm]
          .map { $0.map { FixedPoint.text($0.value, decimals: 3) } ?? "-" }
        table.rows.append(
          [
            benchCase.$sizeBytes.size(), stages.$phase.cell, stages.$calls.cell,
            stages.$lostCalls.cell, stages.$tracedP50Ns.duration,
          ] + BenchStages.partNames.map { StageFigure.time(stages.partsNs[$0] ?? 0) }
            + [
              StageFigure.time(stages.outsideNs), ratios[0], "\(ratios[1]) to \(ratios[2])",
            ]
        )
      }
    }
    return table.rows.isEmpty ? nil : table
  }
}
