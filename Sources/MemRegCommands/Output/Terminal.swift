import Glibc
import LinuxSystem

/// What the terminal at standard output can show.
enum Terminal {
  /// Its size; 24 rows of 80 columns where there is none, or where it does not know.
  static var size: (rows: Int, columns: Int) {
    var size = winsize()
    _ = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)
    return (size.ws_row > 1 ? Int(size.ws_row) : 24, size.ws_col > 0 ? Int(size.ws_col) : 80)
  }

  /// How long a line of text may be: 100 columns, fewer on a terminal that has fewer.
  static var textColumns: Int { StandardOutput.isTerminal ? min(100, size.columns) : 100 }

  /// Whether text on this descriptor may have colour: on a terminal that knows it, unless NO_COLOR is set.
  static func hasColour(_ descriptor: Int32) -> Bool {
    hasColour(
      isTerminal: isatty(descriptor) == 1,
      noColour: Environment.value(of: "NO_COLOR"),
      type: Environment.value(of: "TERM")
    )
  }

  /// The one place that decides about colour (https://no-color.org).
  static func hasColour(isTerminal: Bool, noColour: String?, type: String?) -> Bool {
    isTerminal && noColour == nil && type != nil && type != "dumb"
  }

  /// Whether the locale of the environment is one of UTF-8 (`locale(7)`).
  static var isUnicode: Bool {
    let locale =
      ["LC_ALL", "LC_CTYPE", "LANG"]
      .lazy.compactMap { Environment.value(of: $0) }.first ?? ""
    let name = locale.lowercased()
    return name.hasSuffix("utf-8") || name.hasSuffix("utf8")
  }
}
