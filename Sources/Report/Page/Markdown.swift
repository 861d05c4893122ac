import LinuxSystem

/// Parts of a page in GitHub's Markdown.
public enum Markdown {
  static func block(_ block: Page.Block) -> String {
    switch block {
    case .text(let text): "\(paragraph(text))\n\n"
    case .list(let items): items.map { "- \(paragraph($0))\n" }.joined() + "\n"
    case .code(let title, let lines):
      "\(paragraph(title))\n\n" + lines.map { "    \($0.printable)\n" }.joined() + "\n"
    case .table(let table): self.table(table)
    case .figure(let figure):
      "### \(escaped(figure.title))\n\n" + figure.tables.map(self.table).joined()
    }
  }

  private static func table(_ table: Table) -> String {
    var text = "\(paragraph(table.caption))\n\n"
    text += row(table.columns.map(\.title))
    text += "|" + table.columns.map { $0.isNumber ? " ---: |" : " :--- |" }.joined() + "\n"
    for cells in table.rows { text += row(cells) }
    return text + "\n"
  }

  private static func row(_ cells: [String]) -> String {
    "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
  }

  /// Escapes `text` for the inside of a line, by scalars: a combining mark joins the `<` before it to one `Character`.
  public static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.printable.unicodeScalars {
      switch scalar {
      case "&", "<", ">":
        result.append(contentsOf: Markup.escaped(String(scalar)).unicodeScalars)
      case "\\", "|", "*", "`", "[", "]", "_", "~", "#", "$": result += ["\\", scalar]
      // GitHub makes links of addresses without any markup.
      case "/" where result.suffix(2).elementsEqual([":", "/"]):
        result.insert("\\", at: result.index(result.endIndex, offsetBy: -2))
        result.append(scalar)
      case "." where result.suffix(3).elementsEqual(["w", "w", "w"]): result += ["\\", scalar]
      case "@": result.append(contentsOf: "<!-- -->@".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// Escapes `text` that begins a block, where a list, a rule or code would begin by itself.
  public static func paragraph(_ text: String) -> String {
    var text = escaped(text)[...]
    let spaces = text.unicodeScalars.prefix { $0 == " " }.count
    text = text.dropFirst(spaces)
    let start = String(repeating: "&#32;", count: spaces)
    let digits = text.unicodeScalars.prefix { ("0"..."9").contains($0) }.count
    let rest = text.unicodeScalars.dropFirst(digits)
    guard let next = rest.first,
      digits > 0 ? [".", ")"].contains(next) : "-+=".unicodeScalars.contains(next)
    else { return start + text }
    return start + String(text.unicodeScalars.prefix(digits)) + "\\" + String(rest)
  }
}
