import Testing

/// On a pseudo terminal, as people see it, and in a pipe.
@Suite(.enabled(if: !RXE.isPresent, "needs no device; runs natively"))
struct `Colour` {
  private static let failing =
    "register --strategy io_uring --size 1M"

  /// What a command writes under a limit of 64 KiB, with the settings of the environment given.
  private func written(_ arguments: String, _ settings: String, onTerminal: Bool) async throws
    -> String
  {
    let command =
      "ulimit -l 64; exec env \(settings) setpriv --reuid 65534 --clear-groups --inh-caps=-all "
      + "--bounding-set=-all \(Memreg.path) \(arguments)"
    let line =
      onTerminal
      ? "script -qec '\(command)' /dev/null < /dev/null" : "sh -c '\(command)' 2>&1 | cat"
    return try await Memreg.shell("unset NO_COLOR; \(line)").output
      .replacing("\r\n", with: "\n")
  }

  @Test func `is in a failure on a terminal: the program's name and the remedy`() async throws {
    let output = try await written(Self.failing, "TERM=xterm", onTerminal: true)
    let lines = output.split(separator: "\n")
    #expect(lines.count == 3, "\(output)")
    #expect(lines[0].hasPrefix("\u{1b}[1;31mmemreg:\u{1b}[0m cannot register 1 MiB: "))
    #expect(lines[1].hasPrefix("  set by: "))
    #expect(lines[2].hasPrefix("  \u{1b}[1m") && lines[2].hasSuffix("\u{1b}[0m"))
  }

  @Test(
    arguments: [
      ("TERM=xterm NO_COLOR=1", true), ("TERM=dumb", true), ("-u TERM", true),
      ("TERM=xterm", false),
    ]
  )
  func `is off by NO_COLOR, by a terminal without it, and in a pipe`(
    settings: String,
    onTerminal: Bool
  ) async throws {
    for arguments in [Self.failing, "limits", "explain --strategy io_uring --size 1M"] {
      let output = try await written(arguments, settings, onTerminal: onTerminal)
      #expect(output.contains("64 KiB"), "\(output)")
      #expect(!output.contains("\u{1b}"), "\(output)")
    }
  }

  @Test func `is in verdicts and remedies, and takes no part of the text away`() async throws {
    for (arguments, emphasis) in [
      ("explain --strategy io_uring --size 1M", "\u{1b}[1;31mmemlock_limit:\u{1b}[0m "),
      ("limits --need 1M", "\u{1b}[1;31m1 MiB do not fit: "), ("limits", "remedy      \u{1b}[1m"),
      ("", "\u{1b}[33m64 KiB, of which "),
    ] {
      let coloured = try await written(arguments, "TERM=xterm", onTerminal: true)
      #expect(coloured.contains(emphasis), "\(coloured)")
      let plain = ["[1;31m", "[33m", "[32m", "[1m", "[0m"]
        .reduce(coloured) { $0.replacing("\u{1b}" + $1, with: "") }
      #expect(!plain.contains("\u{1b}"))
    }
  }
}
