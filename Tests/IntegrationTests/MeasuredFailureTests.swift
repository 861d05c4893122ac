import LinuxSystem
import Testing

/// io_uring takes a file for each buffer.
@Suite struct `A registration beyond the limit of open files` {
  private static let explained =
    "the process may have 64 files open (RLIMIT_NOFILE), and every buffer"

  @Test func `is explained by bench and by register, and the command exits 71`() async throws {
    let bench = try await Memreg.shell(
      "ulimit -n 64; \(Memreg.path) bench --strategy io_uring --sizes 4K -n 5 --resident 100"
    )
    #expect(bench.status == 71)
    #expect(bench.error.contains(Self.explained), "\(bench.error)")
    #expect(bench.error.split(separator: "\n").count == 1)
    let register = try await Memreg.shell(
      "ulimit -n 64; \(Memreg.path) register --strategy io_uring --size 4K --count 100"
    )
    #expect(register.status == 71)
    #expect(register.error.contains(Self.explained), "\(register.error)")
  }

  @Test func `works after the remedy`() async throws {
    let register = "\(Memreg.path) register --strategy io_uring --size 4K --count 100"
    let soft = try await Memreg.shell("ulimit -n 200; ulimit -Sn 64; \(register)")
    #expect(soft.error.contains("\n  ulimit -n 200    # or have fewer buffers"), "\(soft.error)")
    let raised = try await Memreg.shell("ulimit -n 200; ulimit -Sn 64; ulimit -n 200; \(register)")
    #expect(raised.status == 0, "\(raised.error)")
    let hard = try await Memreg.shell("ulimit -n 64; \(register)")
    #expect(hard.error.contains("\n  ulimit -n 256    # as root; "), "\(hard.error)")
  }

  @Test(
    .enabled(
      if: (try? Capability.sysResource.isGranted) == true,
      "only CAP_SYS_RESOURCE raises a hard limit"
    )
  )
  func `works after root has raised the hard limit`() async throws {
    let lifted = try await Memreg.shell(
      "ulimit -n 64; ulimit -n 256; \(Memreg.path) register --strategy io_uring --size 4K --count 100"
    )
    #expect(lifted.status == 0, "\(lifted.error)")
  }

  @Test func `is known to explain`() async throws {
    for name in ["EMFILE", "ENFILE"] {
      let result = try await Memreg.run(
        "explain",
        "--strategy",
        "io_uring",
        "--errno",
        name,
        "--json"
      )
      #expect(try result.document()["cause"] as? String == "open_files", "\(result.output)")
    }
  }
}

/// Runs under a memlock limit that one registration of 1 MiB passes.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `A registration that fails while it is measured` {
  private static let limited = "ulimit -l 64; \(Confinement.nobody) \(Memreg.path)"

  private func expectExplained(_ failure: Any?) throws {
    let failure = try #require(failure as? String)
    #expect(failure.contains("Cannot allocate memory (ENOMEM)"))
    #expect(
      failure.contains("; the memlock limit (RLIMIT_MEMLOCK) is 64 KiB, nothing is pinned yet")
    )
    #expect(failure.contains("; remedy: "))
  }

  @Test func `is explained with a remedy by bench, and the command exits 71`() async throws {
    let result = try await Memreg.shell(
      "\(Self.limited) bench --strategy io_uring --sizes 1M -n 20 --json"
    )
    #expect(result.status == 71, "\(result.error)")
    let cases = try #require(try result.document()["cases"] as? [[String: Any]])
    try expectExplained(cases[0]["failure"])
  }

  @Test func `is explained with a remedy by cache, and the command exits 1`() async throws {
    let result = try await Memreg.shell(
      "\(Self.limited) cache --pattern ring --strategy io_uring --policy none --size 1M "
        + "--buffers 2 --uses 4 --json"
    )
    #expect(result.status == 1, "\(result.error)")
    let policies = try #require(try result.document()["policies"] as? [[String: Any]])
    #expect(policies[0]["failures"] as? Int == 4)
    try expectExplained(policies[0]["first_failure"])
  }
}
