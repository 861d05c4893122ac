import LinuxSystem

/// A table in plain text: a header, rows, columns two spaces apart.
struct TextTable {
  enum Alignment {
    case left
    case right
  }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]] = []

  init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

  /// Adds a row; missing cells are empty. Names of processes may hold what steers a terminal: it is shown as "?".
  mutating func append(_ row: [String]) {
    rows.append(row.map(\.printable))
  }

  /// The whole table, each line ended by a newline and without trailing spaces.
  var text: String {
    let lines = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in
      lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return lines.map { line(of: $0, widths: widths) + "\n" }.joined()
  }

  private func line(of row: [String], widths: [Int]) -> String {
    var cells: [String] = []
    for (column, width) in widths.enumerated() {
      let cell = column < row.count ? row[column] : ""
      let padding = String(repeating: " ", count: width - cell.count)
      cells.append(columns[column].alignment == .left ? cell + padding : padding + cell)
    }
    var line = cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
