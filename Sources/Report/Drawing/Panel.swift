/// A pair of axes in a drawing, with a title above.
struct Panel: Sendable {
  let left: Double
  let top: Double
  let width: Double
  let height: Double
  let x: Scale
  let y: Scale

  /// What keeps marks of the first and last value off the frame.
  private static let inset = 8.0

  /// Where the values lie in the drawing.
  func point(_ horizontal: Double, _ vertical: Double) -> Point {
    Point(
      left + Panel.inset + x.share(horizontal) * (width - 2 * Panel.inset),
      top + (1 - y.share(vertical)) * height
    )
  }

  var right: Double { left + width }
  var bottom: Double { top + height }

  /// Draws the axes, their marks and the lines across.
  func drawAxes(in drawing: inout Drawing) {
    for tick in y.ticks {
      let height = point(x.lower, tick.value).y
      drawing.line(Point(left, height), Point(right, height), tick.label == nil ? "minor" : "grid")
      guard let label = tick.label else { continue }
      drawing.label(label, Point(left - 6, height + 4), "tick", .end)
    }
    for tick in x.ticks {
      let place = point(tick.value, y.lower).x
      drawing.line(Point(place, top), Point(place, bottom + 4), "grid")
      guard let label = tick.label else { continue }
      drawing.label(label, Point(place, bottom + 17), "tick", .middle)
    }
    drawing.line(Point(left, bottom), Point(right, bottom), "rule")
    drawing.line(Point(left, top), Point(left, bottom), "rule")
  }

  /// Writes the name of a series and of the operation, so high above the axes; a long name is cut, the operation never.
  func drawTitle(_ name: String, _ phase: String, above distance: Double, in drawing: inout Drawing)
  {
    // Bold letters are wider than usual ones.
    let size = 14.0
    let room = width + 60 - Drawing.width(of: ": \(phase)", size: size)
    drawing.label(
      "\(Drawing.fitted(name, to: room, size: size)): \(phase)",
      Point(left, top - distance),
      "title"
    )
  }

  /// Writes labels at the right end, moved apart so that none covers another.
  func drawEndLabels(_ labels: [EndLabel], in drawing: inout Drawing) {
    let distance = 13.0
    var sorted = labels.sorted { ($0.y, $0.text) < ($1.y, $1.text) }
    for index in sorted.indices.dropFirst() {
      sorted[index].y = max(sorted[index].y, sorted[index - 1].y + distance)
    }
    // Those that were pushed below the axis move up again, and push the others.
    var limit = bottom
    for index in sorted.indices.reversed() {
      sorted[index].y = min(sorted[index].y, limit)
      limit = sorted[index].y - distance
    }
    for label in sorted {
      drawing.label(label.text, Point(right + 8, label.y + 4), "f\(label.colour)")
    }
  }
}

/// What stands at the end of a line, in its colour.
struct EndLabel: Sendable {
  let text: String
  let colour: Int
  var y: Double
}
