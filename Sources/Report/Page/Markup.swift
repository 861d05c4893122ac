/// Elements of HTML and SVG as text.
enum Markup {
  /// Text that no character of makes anything but text, in elements and in quoted attributes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.printable {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.append(character)
      }
    }
    return result
  }

  /// `<name attributes>text</name>`, the text escaped.
  static func element(_ name: String, _ attributes: String = "", text: String) -> String {
    "<\(name)\(attributes.isEmpty ? "" : " \(attributes)")>\(escaped(text))</\(name)>"
  }
}
