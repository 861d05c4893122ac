extension String {
  /// The text on one line, with "?" for every scalar that steers a terminal, reverses or hides text, or is no
  /// character: foreign text in messages, tables and pages.
  public var printable: String {
    guard !utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { $0.isPrintable ? $0 : "?" }))
  }
}

extension Unicode.Scalar {
  /// Joiners are format characters too, but Persian and emoji are written with them.
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: false
    case .format:
      self == "\u{200c}" || self == "\u{200d}" || !properties.isDefaultIgnorableCodePoint
    default: !properties.isNoncharacterCodePoint
    }
  }
}
