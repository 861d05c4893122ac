import HostMemory
import Testing

/// `memreg explain -- COMMAND` and `memreg explain --pid PID`.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg explain of a program` {
  @Test(arguments: ["dlsym", "dlvsym", "dlmopen"])
  func `names the registration that failed, who made it and why`(way: String) async throws {
    let result = try await Memreg.run("explain", "--", ".build/debug/RegistrationByName", way)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output == "done\n")
    let lines = result.error.split(separator: "\n")
    #expect(lines.count == 4, "\(result.error)")
    #expect(lines[0].hasPrefix("RegistrationByName (pid "))
    #expect(
      lines[0]
        .hasSuffix(
          "): its 4th registration (4 KiB, by RegistrationByName, on rxe0, remote-write) failed with EINVAL"
        )
    )
    #expect(
      lines[1] == "  local_write_missing: remote-write and remote-atomic need local-write as well"
    )
    #expect(lines[2] == "    add local-write (IBV_ACCESS_LOCAL_WRITE)")
    #expect(lines[3] == "memreg: 4 registrations by 1 process, 1 failed")
  }

  @Test func `judges by the limit that the process had, and passes its status on`() async throws {
    let result = try await Memreg.shell(
      "\(Confinement.nobody) \(Memreg.path) explain --json -- "
        + "sh -c 'ulimit -l 8; exec .build/debug/RegistrationByName dlsym'"
    )
    #expect(result.status == 1, "\(result.error)")
    let report = try result.document()
    #expect(report["schema"] as? String == "memreg.explain-program/1")
    #expect(report["status"] as? Int == 1)
    // Text for people: "3 registrations by 1 process, 1 failed".
    #expect(report["registrations"] as? Int == 3)
    #expect(report["failed"] as? Int == 1)
    let failures = try #require(report["failures"] as? [[String: Any]])
    let failure = try #require(failures.first)
    #expect(failures.count == 1)
    #expect(failure["number"] as? Int == 3)
    let explanation = try #require(failure["explanation"] as? [String: Any])
    #expect(explanation["length_bytes"] as? Int == 12_288)
    #expect(explanation["errno"] as? String == "ENOMEM")
    #expect(explanation["cause"] as? String == "memlock_limit")
    #expect(
      explanation["verdict"] as? String
        == "the memlock limit (RLIMIT_MEMLOCK) is 8 KiB, nothing is pinned yet"
    )
    #expect((explanation["set_by"] as? String)?.contains("RegistrationByN (pid ") == true)
  }

  @Test func `says so of a program that registers nothing`() async throws {
    let result = try await Memreg.run("explain", "--", "sh", "-c", "echo out; exit 7")
    #expect(result.status == 7)
    #expect(result.output == "out\n")
    #expect(result.error.hasPrefix("memreg: no registration seen: "))
  }

  @Test func `judges a running process by its limit and shows its mappings`() async throws {
    let result = try await Memreg.shell(
      """
      prlimit --memlock=65536:65536 \(Confinement.nobody) sleep 600 & p=$!
      until grep -qx sleep /proc/$p/comm; do :; done
      \(Memreg.path) explain --pid $p --size 1M --json; echo "status $?" >&2
      \(Memreg.path) explain --pid $p --size 64K >&2; echo "status $?" >&2
      kill $p
      """
    )
    let report = try result.document()
    #expect(report["schema"] as? String == "memreg.explain-process/1")
    #expect(report["process"] as? String == "sleep")
    #expect(report["registrable"] as? Bool == false)
    #expect(report["errno"] as? String == "ENOMEM")
    #expect(report["cause"] as? String == "memlock_limit")
    #expect(report["mappings"] as? Int ?? 0 > 5)
    let barred = try #require(report["unregistrable"] as? [[String: Any]])
    // [vvar] is memory of the kernel's own, and code is not written to.
    let causes = barred.compactMap { $0["cause"] as? String }
    #expect(causes.contains("special_mapping") && causes.contains("not_writable"))
    let facts = try #require(report["facts"] as? [String])
    #expect(
      facts.contains { $0.hasPrefix("memlock     soft 64 KiB, hard 64 KiB, 0 B pinned; no ") }
    )
    #expect(facts.contains("namespaces  user initial, pid initial"))
    #expect(result.error.contains("status 1\nsleep (pid "), "\(result.error)")
    #expect(result.error.contains("can register 64 KiB more\n"))
    #expect(result.error.hasSuffix("status 0\n"))
  }

  @Test(arguments: [
    ["--pid", "1", "--", "true"], ["--errno", "ENOMEM", "--", "true"], ["--length", "4K"],
    ["--pid", "1", "--errno", "EFAULT"],
  ])
  func `refuses what does not go together`(options: [String]) async throws {
    try await Memreg.expectRefusal(of: ["explain"] + options)
  }
}

@Suite struct `memreg explain of a program on a machine set up for it` {
  @Test(
    .enabled(
      if: RXE.isPresent && MovableZone.bytes > 0,
      "no rxe0 or no ZONE_MOVABLE; boot with movablecore=1G"
    )
  )
  func `names the pages that a pipe holds in ZONE_MOVABLE, which register once it is closed`()
    async throws
  {
    let result = try await Memreg.run(
      "explain",
      "--json",
      "--",
      "sh",
      "-c",
      "exec .build/debug/RegistrationCauses unmovable >&2"
    )
    #expect(result.error == "unmovable 12\nmovable 0\n")
    let report = try result.document()
    #expect(report["registrations"] as? Int == 2)
    #expect(report["failed"] as? Int == 1)
    let failures = try #require(report["failures"] as? [[String: Any]])
    #expect(failures.first?["number"] as? Int == 1)
    let explanation = try #require(failures.first?["explanation"] as? [String: Any])
    #expect(explanation["errno"] as? String == "ENOMEM")
    #expect(explanation["cause"] as? String == "migration")
    #expect(explanation["length_bytes"] as? Int == 65_536)
    let evidence = try #require(explanation["evidence"] as? [String])
    #expect(evidence.contains("16 of 16 pages lie in ZONE_MOVABLE"), "\(evidence)")
    let remedy = try #require(explanation["remedy"] as? String)
    #expect(remedy.contains("keep what holds these pages"))
  }
}
