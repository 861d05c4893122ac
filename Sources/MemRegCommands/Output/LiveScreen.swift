import Glibc
import LinuxSystem

/// The terminal that a live picture is drawn on: keys come at once, and a picture replaces the one before in place.
struct LiveScreen: ~Copyable {
  private let before: termios

  /// Takes the terminal; `nil` where input or output is none.
  init?() {
    var settings = termios()
    guard StandardOutput.isTerminal, unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else {
      return nil
    }
    before = settings
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    // Without a handler the signal of a new size would not end a wait.
    _ = signal(SIGWINCH) { _ in }
    // Another screen, so that the scrollback stays as it was; no wrapping, as wide characters may pass the edge; no
    // cursor.
    StandardOutput.draw("\u{1b}[?1049h\u{1b}[?7l\u{1b}[?25l")
  }

  /// Overwrites the picture, cut to the window: clearing first would flicker.
  func draw(_ text: StyledText) {
    let size = Terminal.size
    StandardOutput.draw(
      LiveScreen.picture(
        text,
        rows: size.rows,
        columns: size.columns,
        inColour: Terminal.hasColour(STDOUT_FILENO)
      )
    )
  }

  /// What is written for a window of this size: every line ends by erasing what was to its right.
  static func picture(
    _ text: StyledText,
    rows: Int,
    columns: Int,
    inColour: Bool = false
  ) -> String {
    let lines = text.lines.prefix(rows - 1)
      .map { $0.prefix(columns).rendered(inColour: inColour) + "\u{1b}[K" }
    return "\u{1b}[H" + lines.joined(separator: "\n") + "\u{1b}[J"
  }

  /// The keys that were pressed; waits for one for so many nanoseconds, or until a signal comes.
  func keys(within nanoseconds: UInt64) -> [Character] {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    let milliseconds = Int32(clamping: nanoseconds / 1_000_000 + 1)
    guard unsafe poll(&input, 1, milliseconds) > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
    // A terminal that is gone is readable for ever.
    guard count > 0 else { return ["q"] }
    // Escape with more behind it is an arrow or a function key.
    if bytes[0] == 0x1b && count > 1 { return [] }
    return Array(String(decoding: bytes[..<count], as: UTF8.self))
  }

  deinit {
    StandardOutput.draw("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l")
    var settings = before
    unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings)
  }
}
