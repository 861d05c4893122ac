import Testing

/// Runs under a memlock limit that one registration of 1 MiB passes.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `A registration that fails while it is measured` {
  private static let limited = "ulimit -l 64; \(Confinement.nobody) \(Memreg.path)"

  private func expectExplained(_ failure: Any?) throws {
    let failure = try #require(failure as? String)
    #expect(failure.contains("Cannot allocate memory (ENOMEM)"))
    #expect(failure.contains("; RLIMIT_MEMLOCK is 65536 bytes, 0 are pinned and 1048576 asked for"))
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
