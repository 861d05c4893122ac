/// A report before it is HTML or Markdown: sections of texts, tables and figures.
public struct Page: Sendable {
  /// A part of a page under a heading of its own.
  struct Section: Sendable {
    let title: String
    var blocks: [Block]
  }

  /// A piece of a section.
  enum Block: Sendable {
    case text(String)
    case list([String])
    case code(title: String, lines: [String])
    case table(Table)
    case figure(Figure)
  }

  let title: String
  var lead: [String]
  var sections: [Section]
}

/// Rows under titles; the first cell of a row is its heading.
struct Table: Sendable {
  /// A column with its alignment.
  enum Column: Sendable {
    case text(String)
    case number(String)

    var title: String {
      switch self {
      case .text(let title), .number(let title): title
      }
    }

    var isNumber: Bool { if case .number = self { true } else { false } }
  }

  let caption: String
  let columns: [Column]
  var rows: [[String]] = []

  init(_ caption: String, _ columns: [Column], _ rows: [[String]] = []) {
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }
}

/// A picture with what it shows in words, and the table of the same numbers.
struct Figure: Sendable {
  /// The heading.
  let title: String
  /// What is seen, for those who do not see it.
  let description: String
  /// How to read it, below the picture.
  let caption: String
  let drawing: Drawing
  let tables: [Table]
}
