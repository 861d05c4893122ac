package import Documents

/// The cost curves of a benchmark in characters: both axes logarithmic, in braille where the terminal has it.
public struct TerminalPlot {
  private let curves: [(name: String, curve: CostSeries.Curve)]
  private let width: Int
  private let isUnicode: Bool

  private static let rows = 20
  private static let leftMargin = 8
  private static let rightMargin = 4
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

  /// Takes the curves of a benchmark to draw in `width` columns.
  package init(_ report: BenchReport, width: Int, isUnicode: Bool) {
    let series = CostSeries.all(of: report)
    curves = series.flatMap { one in one.singles.map { ("\(one.name): \($0.phase)", $0) } }
    self.width = max(40, min(width, 240))
    self.isUnicode = isUnicode
  }

  /// The plot, its axes and what its letters stand for; empty where nothing was measured.
  public var text: String {
    let points = curves.flatMap(\.curve.points)
    guard !points.isEmpty else { return "" }
    let columns = width - TerminalPlot.leftMargin - TerminalPlot.rightMargin
    let x = Scale.sizes(points.map(\.bytes), room: max(2, columns / 12))
    let y = Scale.times(points.map(\.p50))
    var canvas = Canvas(columns: columns, rows: TerminalPlot.rows, isUnicode: isUnicode)
    var ends: [Int: String] = [:]
    for (index, one) in curves.enumerated() {
      let places = one.curve.points.map { (x.share($0.bytes), 1 - y.share($0.p50)) }
      let letter = TerminalPlot.letters[index % TerminalPlot.letters.count]
      canvas.draw(places, letter)
      guard let last = places.last else { continue }
      ends[canvas.row(of: last.1), default: ""].append(letter)
    }
    let rows = canvas.lines.enumerated()
      .map { row, line in
        padded(label(at: row, of: y, canvas), TerminalPlot.leftMargin - 2) + " " + bar + line
          + (ends[row].map { " \($0.prefix(TerminalPlot.rightMargin - 1))" } ?? "")
      }
    let names = curves.enumerated()
      .map { "  \(TerminalPlot.letters[$0 % TerminalPlot.letters.count])  \($1.name)" }
    let lines = rows + [axis(columns), sizes(x, columns)] + names
    return lines.map { TerminalPlot.trimmed($0) + "\n" }.joined()
  }

  private var bar: String { isUnicode ? "│" : "|" }

  private func axis(_ columns: Int) -> String {
    String(repeating: " ", count: TerminalPlot.leftMargin - 1) + (isUnicode ? "└" : "+")
      + String(repeating: isUnicode ? "─" : "-", count: columns)
  }

  private func sizes(_ scale: Scale, _ columns: Int) -> String {
    var line = ""
    for tick in scale.ticks {
      guard let label = tick.label else { continue }
      let middle = TerminalPlot.leftMargin + Int(scale.share(tick.value) * Double(columns - 1))
      let start = max(middle - label.count / 2, line.isEmpty ? 0 : line.count + 1)
      guard start + label.count <= width else { continue }
      line += String(repeating: " ", count: start - line.count) + label
    }
    return line
  }

  private func label(at row: Int, of scale: Scale, _ canvas: Canvas) -> String {
    let tick = scale.ticks.first {
      $0.label != nil && canvas.row(of: 1 - scale.share($0.value)) == row
    }
    let label = tick?.label ?? ""
    return isUnicode ? label : String(label.map { $0 == "µ" ? "u" : $0 })
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
