import Testing

/// `memreg check` and `memreg fuzz` as a person runs them, on rxe.
@Suite(.enabled(if: RXE.isPresent, "\(RXE.reason)"), .serialized)
struct `The checks of the kernel` {
  @Test func `pass on this kernel, and enough of them run`() async throws {
    let result = try await Memreg.run("check", "--format", "json")
    let document = try result.document()
    let summary = try #require(document["summary"] as? [String: Int])
    let checks = try #require(document["checks"] as? [[String: Any]])
    let failed = checks.filter { $0["verdict"] as? String == "failed" }
    #expect(failed.isEmpty, "\(failed)")
    #expect(result.status == 0)
    #expect(document["schema"] as? String == "memreg.check/1")
    #expect(summary["failed"] == 0)
    #expect((summary["passed"] ?? 0) >= 90)
    #expect(checks.count == summary.values.reduce(0, +))
    for check in checks where check["verdict"] as? String == "passed" {
      #expect((check["comparisons"] as? Int ?? 0) > 2, "\(check["name"] ?? "")")
    }
    for check in checks where check["verdict"] as? String == "skipped" {
      #expect((check["reason"] as? String)?.isEmpty == false)
    }
  }

  @Test func `notice a wrong page count, a suppressed release and a wrong errno`() async throws {
    let result = try await Memreg.run(
      "check",
      "--self-test",
      "accounting.*page*",
      "limits.zero",
      "dma-pinned.fork-keeps-frames"
    )
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("page-count: noticed by"))
    #expect(!result.output.contains("suppressed-release: noticed by 0 "))
    #expect(!result.output.contains("wrong-errno: noticed by 0 "))
    #expect(result.output.contains(" 0 did not"))
  }

  @Test func `run together as they run alone`() async throws {
    let result = try await Memreg.run("check", "--jobs", "4", "limits", "--format", "json")
    let summary = try #require(try result.document()["summary"] as? [String: Int])
    #expect(summary["failed"] == 0)
    #expect(result.status == 0)
  }

  @Test func `are written as TAP and as JUnit`() async throws {
    let tap = try await Memreg.run("check", "--format", "tap", "accounting.whole-page")
    #expect(tap.output == "TAP version 14\n1..1\nok 1 - accounting.whole-page\n")
    let junit = try await Memreg.run(
      "check",
      "--format",
      "junit",
      "accounting.unaligned-nothing-refused"
    )
    #expect(junit.output.contains("<testsuite name=\"accounting\" tests=\"1\" failures=\"0\""))
    #expect(junit.output.contains("<skipped message=\"known defect: "))
    #expect(junit.status == 0)
  }

  @Test func `run for an unprivileged user, with what needs root skipped`() async throws {
    let result = try await Memreg.shell(
      "setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "
        + "\(Memreg.path) check --format json accounting limits dma-pinned"
    )
    let document = try result.document()
    let summary = try #require(document["summary"] as? [String: Int])
    let failed = (document["checks"] as? [[String: Any]] ?? [])
      .filter { $0["verdict"] as? String == "failed" }
    #expect(failed.isEmpty, "\(failed)")
    #expect((summary["passed"] ?? 0) >= 30)
    #expect((summary["skipped"] ?? 0) >= 15)
  }
}

@Suite(.enabled(if: RXE.isPresent, "\(RXE.reason)"), .serialized)
struct `Fuzzing the account` {
  @Test(arguments: [1, 2]) func `finds no divergence`(seed: Int) async throws {
    let result = try await Memreg.run("fuzz", "--ops", "3000", "--seed", "\(seed)", "--json")
    let document = try result.document()
    #expect(result.status == 0, "\(result.output)")
    #expect(document["operations"] as? Int == 3000)
    #expect(document["divergences"] as? Int == 0)
    #expect(document["seed"] as? Int == seed)
    let answers = try #require(document["answers"] as? [String: Int])
    for answer in ["success", "EFAULT", "EINVAL", "ENOMEM"] {
      #expect((answers[answer] ?? 0) > 10, "\(answer)")
    }
  }

  @Test func `finds none with threads either`() async throws {
    let result = try await Memreg.run("fuzz", "--ops", "2000", "--threads", "4", "--json")
    #expect(result.status == 0, "\(result.output)")
    #expect(try result.document()["divergences"] as? Int == 0)
  }

  @Test func `contradicts wrong beliefs by three steps or fewer`() async throws {
    let result = try await Memreg.run("fuzz", "--self-test")
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.hasSuffix("4 wrong beliefs found, 0 missed\n"))
  }

  @Test func `replays a script and refuses a wrong one by its line`() async throws {
    let good = try await Memreg.shell(
      "cd $(mktemp -d) && "
        + "printf 'map anonymous 0 4 write\\nregister 1 0 16384 0x7\\nderegister 1\\n' >good && "
        + "$OLDPWD/\(Memreg.path) fuzz --replay good --json"
    )
    #expect(good.status == 0)
    #expect(try good.document()["operations"] as? Int == 3)
    let wrong = try await Memreg.shell(
      "cd $(mktemp -d) && printf 'unmap 0 1\\nnonsense\\n' >wrong && "
        + "$OLDPWD/\(Memreg.path) fuzz --replay wrong"
    )
    #expect(wrong.status == 65)
    #expect(wrong.error == "memreg: cannot replay wrong: line 2: 'nonsense' is no operation\n")
  }
}
