import LinuxSystem

/// Elements of HTML and SVG as text.
enum Markup {
  /// Escapes `text` for elements and quoted attributes.
  ///
  /// Works on scalars: a combining mark joins the `<` before it to one `Character`, which is not equal to "<".
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.printable.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// `<name attributes>text</name>`, the text escaped.
  static func element(_ name: String, _ attributes: String = "", text: String) -> String {
    "<\(name)\(attributes.isEmpty ? "" : " \(attributes)")>\(escaped(text))</\(name)>"
  }
}
