import LinuxSystem

/// A table in plain text: a header, rows, columns two spaces apart, no line longer than the terminal.
struct TextTable {
  enum Alignment {
    case left
    case right
  }

  private let columns: [(title: String, alignment: Alignment)]
  private let order: [String]
  private var rows: [[String]] = []

  /// Columns, and the titles of those that are left out where the lines would be too long, the first one first.
  init(_ columns: [(title: String, alignment: Alignment)], leavingOut order: [String] = []) {
    self.columns = columns
    self.order = order
  }

  /// Adds a row; missing cells are empty. Names of processes may hold what steers a terminal: it is shown as "?".
  mutating func append(_ row: [String]) {
    rows.append(row.map(\.printable))
  }

  /// The table as the terminal has room for it.
  var text: String { text(width: Terminal.textColumns, cutting: StandardOutput.isTerminal) }

  /// The whole table, each line ended by a newline and without trailing spaces.
  ///
  /// Where it is wider than `width`, columns without a value go first, then those of `order`; then the widest column is cut, which
  /// only people want.
  func text(width: Int, cutting: Bool = true) -> String {
    let lines = [columns.map(\.title)] + rows
    var widths = columns.indices.map { column in
      lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    var shown = Array(columns.indices)
    let empty = shown.filter { column in
      !rows.contains { column < $0.count && !["", "-"].contains($0[column]) }
    }
    let named = order.compactMap { title in columns.firstIndex { $0.title == title } }
    for column in empty.filter({ order.contains(columns[$0].title) }) + named
    where shown.total(widths) > width { shown.removeAll { $0 == column } }
    let excess = shown.total(widths) - width
    if cutting, excess > 0,
      let widest = shown.filter({ columns[$0].alignment == .left })
        .max(by: { widths[$0] < widths[$1] })
    {
      widths[widest] = max(columns[widest].title.count, 8, widths[widest] - excess)
    }
    return lines.map { line(of: $0, shown, widths: widths) + "\n" }.joined()
  }

  private func line(of row: [String], _ shown: [Int], widths: [Int]) -> String {
    let cells = shown.map { column in
      var cell = column < row.count ? row[column] : ""
      if cell.count > widths[column] { cell = cell.prefix(widths[column] - 1) + "~" }
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      return columns[column].alignment == .left ? cell + padding : padding + cell
    }
    var line = cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}

extension [Int] {
  /// How long the lines of these columns are.
  fileprivate func total(_ widths: [Int]) -> Int {
    reduce(2 * Swift.max(0, count - 1)) { $0 + widths[$1] }
  }
}
