import Testing

@Suite struct `Output that cannot be written` {
  private static let bench = "bench --strategy io_uring --sizes 4K -n 5"

  @Test(arguments: [
    "", "--help", "limits", "limits --json", "limits --need 4K", "top --once", "top --once --json",
    "export", "check --list", "register --strategy io_uring", "cache --pattern ring --uses 10",
    "rxe list", bench, "\(bench) --json",
  ])
  func `is one line and status 74`(arguments: String) async throws {
    for redirection in ["> /dev/full", ">&-"] {
      let result = try await Memreg.shell("\(Memreg.path) \(arguments) \(redirection)")
      #expect(result.status == 74, "\(arguments) \(redirection): \(result.error)")
      let name = redirection == ">&-" ? "EBADF" : "ENOSPC"
      #expect(result.error.hasPrefix("memreg: cannot write standard output: "))
      #expect(
        result.error.hasSuffix("(\(name))\n") && result.error.split(separator: "\n").count == 1
      )
    }
  }

  @Test func `says nothing if the reader is gone`() async throws {
    for disposition in ["", "trap '' PIPE; "] {
      let result = try await Memreg.shell(
        "bash -c \"\(disposition)exec 3> >(:); wait \\$!; exec \(Memreg.path) limits --json >&3\""
      )
      #expect(result.status == 141)
      #expect(result.error == "")
    }
  }

  @Test func `says nothing if the reader of a trial's output is gone`() async throws {
    let result = try await Memreg.shell(
      "bash -c \"exec 3> >(:); wait \\$!; exec \(Memreg.path) explain --size 4K >&3\""
    )
    #expect(result.status == 141)
    #expect(!result.error.contains("killed"), "\(result.error)")
  }

  @Test func `ends with 74 where a file is exported to a stream that is closed`() async throws {
    for (path, closing) in [("/dev/stdout", ">&-"), ("/dev/fd/1", ">&-"), ("/dev/stderr", "2>&-")] {
      let result = try await Memreg.shell(
        "\(Memreg.path) \(Self.bench) --export-json \(path) \(closing)"
      )
      #expect(result.status == 74, "\(path): \(result.error)")
    }
  }

  @Test func `ends with 74 where a file is exported`() async throws {
    for path in ["/dev/full", "/nonexistent/x.json", "/proc/x.json"] {
      let result = try await Memreg.shell(
        "\(Memreg.path) \(Self.bench) --export-json \(path)"
      )
      #expect(result.status == 74)
      #expect(result.error.hasPrefix("memreg: cannot write \(path): "))
    }
  }
}
