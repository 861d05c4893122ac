extension Page {
  /// The page in Markdown: every number of its figures as a table.
  public var markdown: String {
    var text = "# \(Markdown.escaped(title))\n\n"
    for line in lead { text += "\(Markdown.paragraph(line))\n\n" }
    for section in sections {
      text += "## \(Markdown.escaped(section.title))\n\n"
      for block in section.blocks { text += Markdown.block(block) }
    }
    while text.hasSuffix("\n\n") { text.removeLast() }
    return text
  }
}
