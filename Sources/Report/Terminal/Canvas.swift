/// Characters to draw curves with: eight braille dots in each, or a letter for each curve where there are none.
struct Canvas {
  private let columns: Int
  private let rows: Int
  private let isUnicode: Bool
  private var dots: [UInt8]
  private var letters: [Character]

  /// The bits of U+2800 by row and column of the dot.
  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  init(columns: Int, rows: Int, isUnicode: Bool) {
    self.columns = columns
    self.rows = rows
    self.isUnicode = isUnicode
    dots = [UInt8](repeating: 0, count: columns * rows)
    letters = [Character](repeating: " ", count: columns * rows)
  }

  /// The row of a share of the height, from 0 at the top to 1.
  func row(of share: Double) -> Int { Int((share * Double(rows - 1)).rounded()) }

  /// Draws lines through `places`, shares of width and height.
  mutating func draw(_ places: [(x: Double, y: Double)], _ letter: Character) {
    let steps = columns * 4
    for (from, to) in zip(places, places.dropFirst()) {
      for step in 0...steps {
        let share = Double(step) / Double(steps)
        set(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share, letter)
      }
    }
    if places.count == 1 { set(places[0].x, places[0].y, letter) }
  }

  private mutating func set(_ x: Double, _ y: Double, _ letter: Character) {
    if isUnicode {
      // Rows of dots lie so that a row's label is beside the dots of its value.
      let column = Int((x * Double(columns * 2 - 1)).rounded())
      let row = min(rows * 4 - 1, max(0, Int((y * Double((rows - 1) * 4)).rounded()) + 2))
      dots[row / 4 * columns + column / 2] |= Canvas.bits[row % 4][column % 2]
    } else {
      letters[row(of: y) * columns + Int((x * Double(columns - 1)).rounded())] = letter
    }
  }

  /// The rows from the top.
  var lines: [String] {
    (0..<rows)
      .map { row in
        String(
          (0..<columns)
            .map { column -> Character in
              guard isUnicode else { return letters[row * columns + column] }
              let bits = dots[row * columns + column]
              guard bits > 0, let scalar = Unicode.Scalar(0x2800 + UInt32(bits)) else { return " " }
              return Character(scalar)
            }
        )
      }
  }
}
