/// An SVG figure as it grows: positions in pixels from the upper left corner, looks by the style sheet's classes.
struct Drawing: Sendable {
  /// Where a text stands relative to its position.
  enum Anchor: String {
    case start
    case middle
    case end
  }

  /// A panel of a figure of several, which a narrow page shows below the others.
  private struct Cell: Sendable {
    let origin: Point
    let elements: String
  }

  let width: Double
  let height: Double
  private var own = ""
  private var cells: [Cell] = []
  private var cell = (width: 0.0, height: 0.0)

  /// All that is drawn.
  var elements: String { own + cells.map(\.elements).joined() }

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
    rectangle(0, 0, width, height, "paper")
  }

  /// Draws a panel of this size at `origin`; all panels of a figure have one size.
  mutating func panel(
    at origin: Point,
    width: Double,
    height: Double,
    _ draw: (inout Drawing) -> Void
  ) {
    let before = own
    own = ""
    draw(&self)
    cells.append(Cell(origin: origin, elements: own))
    own = before
    cell = (width, height)
  }

  mutating func line(_ from: Point, _ to: Point, _ style: String) {
    own +=
      "<line x1=\"\(text(from.x))\" y1=\"\(text(from.y))\" x2=\"\(text(to.x))\" y2=\"\(text(to.y))\" "
      + "class=\"\(style)\"/>\n"
  }

  /// A line through `points`, or the area within them.
  mutating func path(_ points: [Point], _ style: String, closed: Bool = false) {
    guard points.count > 1 else { return }
    let steps = points.map { "\(text($0.x)) \(text($0.y))" }.joined(separator: "L")
    own += "<path d=\"M\(steps)\(closed ? "Z" : "")\" class=\"\(style)\"/>\n"
  }

  mutating func rectangle(
    _ x: Double,
    _ y: Double,
    _ width: Double,
    _ height: Double,
    _ style: String
  ) {
    own +=
      "<rect x=\"\(text(x))\" y=\"\(text(y))\" width=\"\(text(width))\" height=\"\(text(height))\" "
      + "class=\"\(style)\"/>\n"
  }

  mutating func circle(_ centre: Point, _ radius: Double, _ style: String) {
    own +=
      "<circle cx=\"\(text(centre.x))\" cy=\"\(text(centre.y))\" r=\"\(text(radius))\" "
      + "class=\"\(style)\"/>\n"
  }

  /// Text from a document or not: it is escaped.
  mutating func label(
    _ label: String,
    _ at: Point,
    _ style: String,
    _ anchor: Anchor = .start
  ) {
    let attributes =
      "x=\"\(text(at.x))\" y=\"\(text(at.y))\" class=\"\(style)\""
      + (anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\"")
    own += Markup.element("text", attributes, text: label) + "\n"
  }

  /// One of four shapes around `centre`, so that colour is not all that tells lines apart.
  mutating func mark(_ shape: Int, _ centre: Point, _ style: String) {
    let (x, y) = (centre.x, centre.y)
    switch shape % 4 {
    case 0: circle(centre, 3.2, style)
    case 1: rectangle(x - 2.9, y - 2.9, 5.8, 5.8, style)
    case 2:
      path(
        [Point(x, y - 3.8), Point(x + 3.6, y + 2.8), Point(x - 3.6, y + 2.8)],
        style,
        closed: true
      )
    default:
      path(
        [Point(x, y - 4), Point(x + 4, y), Point(x, y + 4), Point(x - 4, y)],
        style,
        closed: true
      )
    }
  }

  /// The figure as an element, with its title and description for screen readers; where it has several columns of
  /// panels, after it another that shows the same panels in one, for the style sheet to choose.
  func svg(id: String, title: String, description: String) -> String {
    let panels = cells.enumerated()
      .map { "<g id=\"\(id)-panel-\($0)\">\n\($1.elements)</g>\n" }.joined()
    return """
      <svg role="img"\(isStacked ? " class=\"across\"" : "") viewBox="0 0 \(text(width)) \(text(height))" \
      aria-labelledby="\(id)-heading" aria-describedby="\(id)-desc">
      \(Markup.element("title", text: title))
      \(Markup.element("desc", "id=\"\(id)-desc\"", text: description))
      \(own)\(panels)</svg>
      """ + (isStacked ? "\n" + stack(id) : "")
  }

  private var isStacked: Bool { cells.contains { $0.origin.x > 0 } }

  private func stack(_ id: String) -> String {
    let height = cell.height * Double(cells.count)
    let uses = cells.enumerated()
      .map { index, panel in
        let (x, y) = (-panel.origin.x, cell.height * Double(index) - panel.origin.y)
        return "<use href=\"#\(id)-panel-\(index)\" x=\"\(text(x))\" y=\"\(text(y))\"/>\n"
      }
    return """
      <svg class="stacked" role="img" viewBox="0 0 \(text(cell.width)) \(text(height))" \
      aria-labelledby="\(id)-heading" aria-describedby="\(id)-desc">
      <rect x="0" y="0" width="\(text(cell.width))" height="\(text(height))" class="paper"/>
      \(uses.joined())</svg>
      """
  }

  /// What a text of the usual size takes at most, in pixels.
  static func width(of text: String, size: Double = 12) -> Double {
    Double(text.count) * size * 0.6
  }

  /// As much of `text` as fits in so many pixels; what is left out stands in the figure's table.
  static func fitted(_ text: String, to room: Double, size: Double = 12) -> String {
    guard width(of: text, size: size) > room else { return text }
    return text.prefix(max(1, Int(room / (size * 0.6)) - 1)) + "…"
  }

  private func text(_ number: Double) -> String {
    number == number.rounded()
      ? FixedPoint.text(number, decimals: 0) : FixedPoint.text(number, decimals: 1)
  }
}

/// A position in a drawing.
struct Point: Equatable, Sendable {
  let x: Double
  let y: Double

  init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}
