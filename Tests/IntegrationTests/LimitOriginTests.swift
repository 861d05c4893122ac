import Testing

// A real login, in a guest whose users end with it.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Who lowered the limit` {
  @Test func `is the login shell where the profile did, until the remedy as printed`() async throws
  {
    let result = try await Memreg.shell(
      """
      m=$(realpath \(Memreg.path))
      useradd -m -s /bin/bash lowered
      echo 'ulimit -l 512' >>~lowered/.profile
      cat >~lowered/run <<END
      $m register --size 1M 2>said
      touch asked
      until test -e mended; do sleep 0.1; done
      $m register --size 1M --json
      END
      su - lowered -c '. ./run' & login=$!
      until test -e ~lowered/asked; do kill -0 $login || exit 9; sleep 0.1; done
      cat ~lowered/said >&2
      sh -c "$(tail -n 1 ~lowered/said)"
      touch ~lowered/mended
      wait $login; status=$?
      userdel -r lowered 2>/dev/null
      exit $status
      """
    )
    #expect(result.status == 0, "\(result.error)")
    let lines = result.error.split(separator: "\n")
    try #require(lines.count >= 3, "\(result.error)")
    let cause = "the memlock limit (RLIMIT_MEMLOCK) is 512 KiB, nothing is pinned yet"
    #expect(lines[0] == "memreg: cannot register 1 MiB: \(cause)")
    #expect(
      lines[1].hasPrefix("  set by: bash (pid ") && lines[1].contains("; its parent su (pid ")
    )
    #expect(lines[2].hasPrefix("  prlimit --pid ") && lines[2].contains(" --memlock=unlimited"))
  }

  @Test(arguments: ["prlimit --memlock=65536:65536", "ulimit -l 64; exec"])
  func `is the command line where it did in memreg's own process`(start: String) async throws {
    let memreg = "\(Confinement.nobody) \(Memreg.path) register --size 1M"
    let result = try await Memreg.shell("(\(start) \(memreg)) >&2; exec \(memreg)")
    // The remedy: the same line without it.
    #expect(result.status == 0, "\(result.error)")
    let lines = result.error.split(separator: "\n")
    try #require(lines.count >= 3, "\(result.error)")
    let cause = "the memlock limit (RLIMIT_MEMLOCK) is 64 KiB, nothing is pinned yet"
    #expect(lines[0] == "memreg: cannot register 1 MiB: \(cause)")
    #expect(lines[1].hasPrefix("  set by: the command line that started memreg (pid "))
    #expect(lines[2] == "  leave `ulimit -l`, `prlimit` or the like out of that command line")
  }
}
