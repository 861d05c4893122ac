/// Panels of equal size in one or two columns.
///
/// A series with two curves has a row of its own, one beside the other; series of one curve share rows.
struct PanelGrid {
  /// For each series the row and the column of each of its curves.
  let places: [[(row: Int, column: Int)]]
  private let margins: (left: Double, top: Double, right: Double, bottom: Double)
  private let cell: (width: Double, height: Double)
  private let rows: Int

  private static let width = 960.0

  /// Places for series with so many curves each; a cell of two columns is `height` high, of one half as high again.
  init(
    of counts: [Int],
    height: Double,
    margins: (left: Double, top: Double, right: Double, bottom: Double)
  ) {
    var next = 0
    places = counts.map { count in
      if count > 1 && next % 2 == 1 { next += 1 }
      defer { next += count }
      return (next..<next + count).map { ($0 / 2, $0 % 2) }
    }
    self.margins = margins
    rows = (next + 1) / 2
    cell = next > 1 ? (PanelGrid.width / 2, height) : (PanelGrid.width, height * 1.5)
  }

  /// How many marks with a label the axis of sizes has room for.
  var labels: Int { cell.width < PanelGrid.width ? 6 : 10 }

  /// A drawing with room for all panels.
  var drawing: Drawing {
    Drawing(width: PanelGrid.width, height: cell.height * Double(max(1, rows)))
  }

  /// Draws the panel of curve `curve` of series `series`.
  func draw(
    _ series: Int,
    _ curve: Int,
    x: Scale,
    y: Scale,
    in drawing: inout Drawing,
    _ draw: (Panel, inout Drawing) -> Void
  ) {
    let place = places[series][curve]
    let origin = Point(Double(place.column) * cell.width, Double(place.row) * cell.height)
    let panel = Panel(
      left: origin.x + margins.left,
      top: origin.y + margins.top,
      width: cell.width - margins.left - margins.right,
      height: cell.height - margins.top - margins.bottom,
      x: x,
      y: y
    )
    drawing.panel(at: origin, width: cell.width, height: cell.height) { draw(panel, &$0) }
  }
}
