import Testing

@Suite struct `Beyond the limit of a file's size` {
  /// $m is memreg, this directory is empty but for the document m.json, and raw recordings go to tmp.
  static let prologue = """
    m=$(realpath \(Memreg.path)); d=$(mktemp -d); trap 'cd /; rm -rf $d' EXIT; cd $d
    export TMPDIR=$d/tmp; mkdir tmp; $m limits --json > m.json

    """

  private static let bench = "bench --strategy io_uring --sizes 4K -n 5"

  @Test(arguments: [
    "report m.json --html x", "report m.json --markdown x", "report m.json > x",
    "export --once --textfile x", "limits --json > x", "\(bench) --export-json x",
    "\(bench) --export-csv x", "\(bench) --export-markdown x", "record -o x -- echo started",
    "check --list > x",
  ])
  func `a file is lost with one line and status 74, and nothing of it stays`(arguments: String)
    async throws
  {
    let result = try await Memreg.shell(
      Self.prologue + "(ulimit -f 0; $m \(arguments)); echo $?; rm -f x; ls -A . tmp"
    )
    #expect(result.output == "74\n.:\nm.json\ntmp\n\ntmp:\n")
    #expect(result.error.hasPrefix("memreg: cannot write "))
    #expect(result.error.hasSuffix(": File too large (EFBIG)\n"))
    #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
  }

  @Test func `a program that memreg runs gets the signal as it would without memreg`() async throws
  {
    let write = "prlimit --fsize=0 dd if=/dev/zero of=y count=1 status=none"
    for (disposition, status) in [("true", 153), ("trap '' XFSZ", 1)] {
      for command in ["record -o t", "explain"] {
        let result = try await Memreg.shell(
          Self.prologue + "\(disposition); $m \(command) -- \(write); echo $?; ls -A . tmp"
        )
        let trace = command == "explain" ? "" : "t\n"
        #expect(
          result.output == "\(status)\n.:\nm.json\n\(trace)tmp\ny\n\ntmp:\n",
          "\(result.error)"
        )
      }
    }
  }

  @Test func `a trace is lost with a line, and no directory stays where nothing is recorded`()
    async throws
  {
    let result = try await Memreg.shell(
      Self.prologue
        + "$m record -o t -- sh -c 'prlimit --pid $PPID --fsize=64'; echo $?; ls -A . tmp"
    )
    #expect(result.output == "74\n.:\nm.json\ntmp\n\ntmp:\n")
    #expect(result.error == "memreg: cannot write t: File too large (EFBIG)\n")
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `Beyond the limit of a file's size on rxe` {
  private static let prologue =
    "storm=$PWD/.build/debug/RegistrationStorm\n" + `Beyond the limit of a file's size`.prologue

  @Test func `the raw recording stays, and is recovered`() async throws {
    let result = try await Memreg.shell(
      Self.prologue + """
        $m record -o t -- sh -c "$storm threads 1 500; prlimit --pid \\$PPID --fsize=64; exit 7"; echo $?; ls -A
        $m record --recover tmp/memreg-record-* -o t 2> said; grep -c '"event":"register"' t
        """
    )
    #expect(result.output == "under way\n7\nm.json\ntmp\n500\n", "\(result.error)")
    #expect(
      result.error.hasPrefix(
        "memreg: cannot write t: File too large (EFBIG); `memreg record --recover /"
      )
    )
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test func `a recorded program runs on, and says that it is not recorded`() async throws {
    let result = try await Memreg.shell(
      Self.prologue + "(ulimit -f 16; $m record -o t -- $storm threads 1 500); echo $?; ls -A . tmp"
    )
    #expect(result.output == "under way\n0\n.:\nm.json\nt\ntmp\n\ntmp:\n", "\(result.error)")
    #expect(
      result.error.contains(" is not recorded: allocate room: File too large\n"),
      "\(result.error)"
    )
    #expect(
      result.error.hasSuffix("memreg: 1 process could not be recorded; t has no event\n"),
      "\(result.error)"
    )
  }
}
