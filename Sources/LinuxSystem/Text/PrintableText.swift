extension String {
  /// The text on one line, with "?" for every scalar that steers a terminal, reverses or hides text, or is no
  /// character: foreign text in messages, tables and pages.
  public var printable: String { replacing { !$0.isPrintable } }

  /// The same for a text of several lines, such as the result of a command.
  public var printableLines: String { replacing { !$0.isPrintable && $0 != "\n" } }

  private func replacing(_ isUnsafe: (Unicode.Scalar) -> Bool) -> String {
    guard unicodeScalars.contains(where: isUnsafe) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { isUnsafe($0) ? "?" : $0 }))
  }
}

extension Sequence<String> {
  /// A line for each of the texts, whatever they hold.
  public var printableLines: String { map { $0.printable + "\n" }.joined() }
}

extension Unicode.Scalar {
  /// Joiners are format characters too, but Persian and emoji are written with them.
  public var isPrintable: Bool {
    guard !isASCII else { return (0x20..<0x7f).contains(value) }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return false
    case .format:
      return self == "\u{200c}" || self == "\u{200d}" || !properties.isDefaultIgnorableCodePoint
    default: return !properties.isNoncharacterCodePoint
    }
  }
}
