extension Page {
  /// The page as one HTML document: no script, and nothing that is fetched.
  public var html: String {
    var writer = HTMLWriter()
    let sections = sections.enumerated()
      .map { index, section in writer.section(section, number: index + 1) }.joined()
    let lead = lead.map { Markup.element("p", text: $0) + "\n" }.joined()
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      \(Page.policy)
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      \(Markup.element("title", text: title))
      <style>
      \(StyleSheet.text)</style>
      </head>
      <body>
      <header>
      \(Markup.element("h1", text: title))
      \(lead)</header>
      \(contents)<main>
      \(sections)</main>
      </body>
      </html>

      """
  }

  /// What a browser may load for the page: nothing but its own styles, whatever a document holds.
  static let policy =
    "<meta http-equiv=\"Content-Security-Policy\" "
    + "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"

  private var contents: String {
    guard sections.count > 1 else { return "" }
    let items = sections.enumerated()
      .map { "<li><a href=\"#section-\($0 + 1)\">\(Markup.escaped($1.title))</a></li>\n" }
    return "<nav aria-label=\"Contents\">\n<ol>\n\(items.joined())</ol>\n</nav>\n"
  }
}

/// Writes sections one after the other and numbers their figures.
private struct HTMLWriter {
  private var figures = 0

  mutating func section(_ section: Page.Section, number: Int) -> String {
    var text = "<section aria-labelledby=\"section-\(number)\">\n"
    text += Markup.element("h2", "id=\"section-\(number)\"", text: section.title) + "\n"
    for block in section.blocks { text += self.block(block) }
    return text + "</section>\n"
  }

  private mutating func block(_ block: Page.Block) -> String {
    switch block {
    case .text(let text): Markup.element("p", text: text) + "\n"
    case .list(let items):
      "<ul>\n" + items.map { Markup.element("li", text: $0) + "\n" }.joined() + "</ul>\n"
    case .code(let title, let lines):
      "\(Markup.element("p", text: title))\n<pre tabindex=\"0\">"
        + lines.map { Markup.escaped($0) + "\n" }.joined() + "</pre>\n"
    case .table(let table): HTMLWriter.table(table)
    case .figure(let figure): self.figure(figure)
    }
  }

  private mutating func figure(_ figure: Figure) -> String {
    figures += 1
    let id = "figure-\(figures)"
    return """
      <h3 id="\(id)-heading">\(Markup.escaped(figure.title))</h3>
      <figure id="\(id)" tabindex="0" aria-labelledby="\(id)-heading">
      <div class="picture">
      \(figure.drawing.svg(id: id, title: figure.title, description: figure.description))
      </div>
      <figcaption>\(Markup.escaped(figure.caption))</figcaption>
      <details>
      <summary>The same numbers as a table</summary>
      \(figure.tables.map(HTMLWriter.table).joined())</details>
      </figure>

      """
  }

  private static func table(_ table: Table) -> String {
    let name = Markup.escaped(table.caption)
    var text = "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(name)\">\n"
    text += "<table>\n"
    text += Markup.element("caption", text: table.caption) + "\n<thead>\n<tr>"
    for column in table.columns {
      text += Markup.element(
        "th",
        "scope=\"col\"" + (column.isNumber ? " class=\"number\"" : ""),
        text: column.title
      )
    }
    text += "</tr>\n</thead>\n<tbody>\n"
    for row in table.rows {
      text += "<tr>"
      for (index, cell) in row.enumerated() {
        let isNumber = index < table.columns.count && table.columns[index].isNumber
        let style = isNumber ? "class=\"number\"" : ""
        text +=
          index == 0
          ? Markup.element("th", "scope=\"row\"" + (style.isEmpty ? "" : " \(style)"), text: cell)
          : Markup.element("td", style, text: cell)
      }
      text += "</tr>\n"
    }
    return text + "</tbody>\n</table>\n</div>\n"
  }
}
