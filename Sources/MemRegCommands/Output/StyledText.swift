import LinuxSystem

/// Text for people with emphasis on parts of it. Foreign text is a part like any other and cannot add emphasis.
struct StyledText: Equatable {
  /// What a part says, not how it looks.
  enum Style: String {
    /// A failure, a defect, no room left.
    case bad = "1;31"
    /// Little room left, a skip that matters.
    case warning = "33"
    /// What holds.
    case good = "32"
    /// A title or a remedy.
    case strong = "1"
  }

  struct Part: Equatable {
    let text: String
    let style: Style?
  }

  private(set) var parts: [Part]

  init(_ text: String, _ style: Style? = nil) {
    parts = text.isEmpty ? [] : [Part(text: text, style: style)]
  }

  /// The text alone.
  var plain: String { parts.map(\.text).joined() }

  /// The lines of the text, safe to show; with what sets the emphasis only `inColour`.
  func rendered(inColour: Bool) -> String {
    parts.map { part in
      let text = part.text.printableLines
      guard inColour, let style = part.style else { return text }
      return "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m"
    }
    .joined()
  }

  /// Its lines, without the newlines.
  var lines: [StyledText] {
    var lines = [StyledText("")]
    for part in parts {
      let pieces = part.text.split(separator: "\n", omittingEmptySubsequences: false)
      for (index, piece) in pieces.enumerated() {
        if index > 0 { lines.append("") }
        lines[lines.count - 1] += StyledText(String(piece), part.style)
      }
    }
    return lines
  }

  /// The first characters, at most `count`.
  func prefix(_ count: Int) -> StyledText {
    var (result, room): (StyledText, Int) = ("", count)
    for part in parts where room > 0 {
      let text = String(part.text.prefix(room))
      result += StyledText(text, part.style)
      room -= text.count
    }
    return result
  }

  static func + (one: StyledText, other: StyledText) -> StyledText {
    var sum = one
    sum.parts += other.parts
    return sum
  }

  static func += (one: inout StyledText, other: StyledText) { one.parts += other.parts }
}

extension StyledText: ExpressibleByStringInterpolation {
  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = StyledText("")

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) { text += StyledText(literal) }

    mutating func appendInterpolation(_ value: StyledText) { text += value }

    mutating func appendInterpolation(_ value: String, _ style: Style?) {
      text += StyledText(value, style)
    }

    mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      text += StyledText(value.description)
    }
  }

  init(stringInterpolation: StringInterpolation) { self = stringInterpolation.text }

  init(stringLiteral value: String) { self.init(value) }
}

extension DefaultStringInterpolation {
  @available(*, unavailable, message: "a String has no emphasis; write a StyledText")
  mutating func appendInterpolation(_ text: StyledText) {}
}

extension Sequence<StyledText> {
  /// A line for each of the texts, whatever they hold.
  var printableLines: StyledText {
    map { text in
      text.parts.map { StyledText($0.text.printable, $0.style) }.joined() + "\n"
    }
    .joined()
  }

  /// One after another, with `separator` between.
  func joined(separator: StyledText = "") -> StyledText {
    var (result, isFirst): (StyledText, Bool) = ("", true)
    for text in self {
      if !isFirst { result += separator }
      result += text
      isFirst = false
    }
    return result
  }
}
