extension Page {
  /// The page in Markdown: every number of its figures as a table.
  public var markdown: String {
    var text = "# \(Markdown.escaped(title))\n\n"
    for line in lead { text += "\(Markdown.escaped(line))\n\n" }
    for section in sections {
      text += "## \(Markdown.escaped(section.title))\n\n"
      for block in section.blocks { text += Markdown.block(block) }
    }
    while text.hasSuffix("\n\n") { text.removeLast() }
    return text
  }
}

/// Parts of a page in GitHub's Markdown.
private enum Markdown {
  static func block(_ block: Page.Block) -> String {
    switch block {
    case .text(let text): "\(escaped(text))\n\n"
    case .list(let items): items.map { "- \(escaped($0))\n" }.joined() + "\n"
    case .code(let title, let lines):
      "\(escaped(title))\n\n" + lines.map { "    \($0.printable)\n" }.joined() + "\n"
    case .table(let table): self.table(table)
    case .figure(let figure):
      "### \(escaped(figure.title))\n\n" + figure.tables.map(self.table).joined()
    }
  }

  private static func table(_ table: Table) -> String {
    var text = "\(escaped(table.caption))\n\n"
    text += row(table.columns.map(\.title))
    text += "|" + table.columns.map { $0.isNumber ? " ---: |" : " :--- |" }.joined() + "\n"
    for cells in table.rows { text += row(cells) }
    return text + "\n"
  }

  private static func row(_ cells: [String]) -> String {
    "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
  }

  /// Escapes `text` by scalars: a combining mark joins the `<` before it to one `Character`.
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.printable.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\\", "|", "*", "`", "[", "]", "_", "~", "#": result += ["\\", scalar]
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
