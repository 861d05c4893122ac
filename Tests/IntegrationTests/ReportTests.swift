import LinuxSystem
import Testing

@Suite struct `A report` {
  /// Runs `body` with a directory that is gone afterwards.
  private func withDirectory(_ body: (String) async throws -> Void) async throws {
    let made = try await Memreg.shell("mktemp -d")
    let path = String(made.output.dropLast())
    do {
      try await body(path)
    } catch {
      _ = try await Memreg.shell("rm -rf \(path)")
      throw error
    }
    _ = try await Memreg.shell("rm -rf \(path)")
  }

  @Test func `is made of the documents that can be read, and exits 65 for the others`() async throws
  {
    try await withDirectory { directory in
      let result = try await Memreg.shell(
        "cd \(directory) && m=$OLDPWD/\(Memreg.path) && $m limits --json > limits.json"
          + " && head -c 100 limits.json > cut.json && echo '{\"schema\":\"memreg.top/1\"}' > other.json"
          + " && $m report cut.json limits.json other.json"
      )
      #expect(result.status == 65)
      let lines = result.error.split(separator: "\n")
      #expect(
        lines == [
          "memreg: cannot report cut.json: it is no JSON, or was cut off: it does not end in a brace",
          "memreg: cannot report other.json: schema 'memreg.top/1' is none of version 1 of bench, "
            + "check, coherence, cache, limits, fuzz",
        ]
      )
      #expect(result.output.contains("## Limits"))
      #expect(result.output.contains("| limits.json | memreg.limits/1 | \(Machine.hostName) |"))
    }
  }

  @Test func `of a file that is not there exits 71, of an empty directory 65`() async throws {
    try await withDirectory { directory in
      let missing = try await Memreg.run("report", "\(directory)/missing.json")
      #expect(missing.status == 71)
      #expect(missing.error.contains("No such file or directory (ENOENT)"))
      let empty = try await Memreg.run("report", directory)
      #expect(empty.status == 65)
      #expect(empty.error == "memreg: cannot report \(directory): no file in it ends in .json\n")
      #expect(empty.output == "")
    }
  }

  @Test func `by host finds what tasks left in a directory, a file each`() async throws {
    try await withDirectory { directory in
      for rank in ["SLURM_PROCID=3", "PMI_RANK=4", "OMPI_COMM_WORLD_RANK=5"] {
        let result = try await Memreg.shell(
          "\(rank) \(Memreg.path) bench --strategy io_uring --sizes 4K:16K -n 30 --export-json \(directory)"
        )
        #expect(result.status == 0, "\(result.error)")
      }
      let host = Machine.hostName
      #expect(
        Directory.names(in: directory) == (3...5).map { "bench-\(host)-\($0).json" }
      )
      let result = try await Memreg.run("report", "--by", "host", directory)
      #expect(result.status == 0)
      #expect(result.output.contains("3 documents of 1 host."))
      #expect(result.output.contains("| kernel | \(Machine.kernelRelease) | 1 |"))
    }
  }

  @Test func `of a benchmark is drawn in the terminal by --plot`() async throws {
    let arguments = "bench --strategy io_uring --sizes 4K:64K -n 30 --plot"
    let unicode = try await Memreg.shell("LC_ALL=C.UTF-8 \(Memreg.path) \(arguments)")
    #expect(unicode.status == 0)
    #expect(unicode.output.contains("└──"))
    let plain = try await Memreg.shell("LC_ALL=C \(Memreg.path) \(arguments)")
    #expect(plain.output.contains("+--"))
    #expect(plain.output.contains("  A  io_uring, anonymous, populated: register\n"))
    let json = try await Memreg.shell("LC_ALL=C \(Memreg.path) \(arguments) --json")
    #expect(json.output.split(separator: "\n").count == 1)
    #expect(json.error.contains("+--"))
  }
}
