import LinuxSystem

/// A table in plain text: a header, rows, columns two spaces apart, no line longer than the terminal.
struct TextTable {
  enum Alignment {
    case left
    case right
  }

  private let columns: [(title: String, alignment: Alignment)]
  private let order: [String]
  private let filling: String?
  private var rows: [[String]] = []
  private var styles: [[String: StyledText.Style]] = []

  /// The least that the column that fills the line is shown in.
  private static let leastFilling = 24

  /// Columns, and the titles of those that are left out where the lines would be too long, the first one first; the
  /// column `filling` has texts of any length and is cut to the room that the others leave.
  init(
    _ columns: [(title: String, alignment: Alignment)],
    leavingOut order: [String] = [],
    filling: String? = nil
  ) {
    self.columns = columns
    self.order = order
    self.filling = filling
  }

  /// Adds a row with emphasis on the columns of these titles; missing cells are empty. Names of processes may hold what
  /// steers a terminal: it is shown as "?".
  mutating func append(_ row: [String], _ styles: [String: StyledText.Style] = [:]) {
    rows.append(row.map(\.printable))
    self.styles.append(styles)
  }

  /// The table as the terminal has room for it.
  var text: String { styled.plain }

  /// The same with emphasis.
  var styled: StyledText {
    styled(width: Terminal.textColumns, cutting: StandardOutput.isTerminal)
  }

  /// The whole table, each line ended by a newline and without trailing spaces.
  ///
  /// Where it is wider than `width`, columns without a value go first, then those of `order`; then the widest column is cut, which
  /// only people want.
  func text(width: Int, cutting: Bool = true) -> String {
    styled(width: width, cutting: cutting).plain
  }

  /// The same with emphasis.
  func styled(width: Int, cutting: Bool = true) -> StyledText {
    let lines = [columns.map(\.title)] + rows
    var widths = columns.indices.map { column in
      lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let filler = filling.flatMap { title in columns.firstIndex { $0.title == title } }
    let filled = filler.map { widths[$0] } ?? 0
    var shown = Array(columns.indices)
    let empty = shown.filter { column in
      !rows.contains { column < $0.count && !["", "-"].contains($0[column]) }
    }
    let named = order.compactMap { title in columns.firstIndex { $0.title == title } }
    for column in empty.filter({ order.contains(columns[$0].title) })
    where shown.total(widths) > width { shown.removeAll { $0 == column } }
    if let filler { widths[filler] = min(filled, TextTable.leastFilling) }
    for column in named where shown.total(widths) > width { shown.removeAll { $0 == column } }
    let excess = shown.total(widths) - width
    if cutting, excess > 0,
      let widest = shown.filter({ columns[$0].alignment == .left })
        .max(by: { widths[$0] < widths[$1] })
    {
      widths[widest] = max(columns[widest].title.count, 8, widths[widest] - excess)
    }
    if let filler, shown.contains(filler) {
      widths[filler] = min(filled, widths[filler] + max(0, -excess))
    }
    return zip(lines, [[:]] + styles)
      .map { line(of: $0, $1, shown, widths: widths) + "\n" }.joined()
  }

  private func line(
    of row: [String],
    _ styles: [String: StyledText.Style],
    _ shown: [Int],
    widths: [Int]
  ) -> StyledText {
    var line: StyledText = ""
    // Spaces are written before the next cell that is not empty, so that none end the line.
    var gap = 0
    for column in shown {
      var cell = column < row.count ? row[column] : ""
      if cell.count > widths[column] { cell = cell.prefix(widths[column] - 1) + "~" }
      while cell.last == " " && columns[column].alignment == .left { cell.removeLast() }
      let padding = widths[column] - cell.count
      let isLeft = columns[column].alignment == .left
      if !cell.isEmpty {
        line += StyledText(String(repeating: " ", count: gap + (isLeft ? 0 : padding)))
        line += StyledText(cell, styles[columns[column].title])
        gap = isLeft ? padding : 0
      } else {
        gap += widths[column]
      }
      gap += 2
    }
    return line
  }
}

extension [Int] {
  /// How long the lines of these columns are.
  fileprivate func total(_ widths: [Int]) -> Int {
    reduce(2 * Swift.max(0, count - 1)) { $0 + widths[$1] }
  }
}
