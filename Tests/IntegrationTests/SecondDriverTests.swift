import Foundation
import LinuxSystem
import Testing
import Verbs

private let hasSIW = (try? Device.all().contains { $0.name == "siw0" }) ?? false
private let siwReason: Comment =
  "no siw0 on this machine; Tests/run-integration runs this suite in the microVM"
// siw pins by its own code, in which CAP_IPC_LOCK lifts nothing.
private let limitsByItself = KernelRelease.running < KernelRelease(6, 8)

@Suite(.enabled(if: hasSIW, siwReason), .serialized)
struct `On software iWARP` {
  /// The address of siw0's interface, as the microVM gives it: 10.9.N.1 to dummyN.
  private static func host() async throws -> String {
    let output = try await Memreg.run("devices", "siw0").output
    let port = try #require(output.split(separator: "\n").first { $0.contains("port 1") })
    let interface = try #require(port.split(separator: ", ").first { $0.hasPrefix("dummy") })
    return "10.9.\(interface.dropFirst("dummy".count)).1"
  }

  @Test func `devices names the driver and what it has not`() async throws {
    let output = try await Memreg.run("devices").output
    #expect(output.contains("siw0  siw, iw"))
    #expect(output.contains("mw type 1 (EOPNOTSUPP)"))
  }

  @Test func `register charges what the range touches, and gives it back`() async throws {
    let result = try await Memreg.run("register", "-d", "siw0", "--size", "1M")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("charged   256 pages (1 MiB), as expected"))
    #expect(result.output.contains("VmPin     0 B before, 1 MiB registered, 0 B released"))
    #expect(result.output.contains("lifted by CAP_IPC_LOCK") == !limitsByItself)
  }

  @Test func `explain names the limit that the driver holds root to, where it does`() async throws {
    let explain = "\(Memreg.path) explain -d siw0 --size 1M --json"
    let report = try await Memreg.shell("ulimit -l 64; \(explain)").document()
    #expect(report["cause"] as? String == (limitsByItself ? "memlock_limit" : nil))
    #expect(report["registrable"] as? Bool == !limitsByItself)
  }

  @Test func `limits holds root to the limit where the driver does, as register does`() async throws
  {
    let limits = "ulimit -l 64; \(Memreg.path) limits -d siw0"
    let report = try await Memreg.shell("\(limits) --json").document()
    #expect(report["limit_binds"] as? Bool == limitsByItself)
    #expect(report["headroom_bytes"] as? Int == (limitsByItself ? 65_536 : nil))
    let need = try await Memreg.shell("\(limits) --need 128K").status
    let registered = try await Memreg.shell(
      "ulimit -l 64; \(Memreg.path) register -d siw0 --size 128K"
    )
    #expect(need == (limitsByItself ? 1 : 0))
    #expect(registered.status == (limitsByItself ? 71 : 0), "\(registered.error)")
  }

  @Test func `limits reaches by trial what the limit allows`() async throws {
    let result = try await Memreg.shell(
      "ulimit -l 1024; \(Confinement.nobody) \(Memreg.path) limits --probe -d siw0"
    )
    #expect(
      result.output.contains("probe       1 MiB by verbs on siw0, then ENOMEM for one page more"),
      "\(result.output)"
    )
  }

  @Test(.timeLimit(.minutes(3)))
  func `holders and top name who holds the device and what it has pinned`() async throws {
    let result = try await Memreg.shell(
      """
      out=$(mktemp); \(Memreg.path) register -d siw0 --size 1M --count 2 --hold > $out & holder=$!
      until grep -q charged $out; do sleep 0.1; done
      echo "holder $holder"; \(Memreg.path) holders siw0; \(Memreg.path) top --once --filter $holder
      kill $holder
      """
    )
    let lines = result.output.split(separator: "\n")
    let holder = try #require(lines.first?.split(separator: " ").last)
    #expect(lines.filter { $0.contains(holder) }.count >= 3, "\(result.output)")
    #expect(result.output.contains("pinned by processes 2 MiB"), "\(result.output)")
  }

  @Test func `trace tells the driver's share of a registration`() async throws {
    let register = "\(Memreg.path) register -d siw0 --size 64K"
    let result = try await Memreg.shell("\(Memreg.path) trace -- \(register)")
    #expect(result.status == 0, "\(result.error)")
    let line = try #require(
      result.output.split(separator: "\n")
        .first { $0.contains("siw0 ") && $0.contains(" register ") }
    )
    #expect(line.contains("siw0") && line.contains("64 KiB") && line.contains("driver "))
  }

  @Test(.timeLimit(.minutes(5)))
  func `coherence fills the cells that the device has`() async throws {
    let result = try await Memreg.run(
      "coherence",
      "-d",
      "siw0",
      "--operation",
      "none,unmap",
      "--memory",
      "anonymous,memfd"
    )
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("8 cells staged: 4 coherent, 2 diverged, 2 refused"))
    #expect(result.output.contains("unexplained: none"))
  }

  @Test(.timeLimit(.minutes(5)))
  func `serve and verify prove each other's regions, atomics aside`() async throws {
    let host = try await Self.host()
    let result = try await Memreg.shell(
      """
      out=$(mktemp); host=\(host)
      \(Memreg.path) serve --once --listen $host --port 7801 > $out & server=$!
      until grep -q listening $out; do sleep 0.1; done
      \(Memreg.path) verify $host --port 7801 --size 64K --json; status=$?
      wait $server; echo "serve $? verify $status" >&2
      """
    )
    #expect(result.error.contains("serve 0 verify 0"), "\(result.error)")
    let report = try result.document()
    let cases = try #require(report["cases"] as? [[String: Any]])
    #expect(cases.count == 31)
    for item in cases {
      #expect(item["holds"] as? Bool == (item["known_defect"] == nil), "\(item)")
    }
    #expect(cases.count { $0["known_defect"] != nil } == 1)
    let skipped = try #require(report["skipped"] as? [[String: Any]])
    #expect(
      skipped.map { $0["reason"] as? String } == ["siw0 has no atomics", "siw0 has no atomics"]
    )
  }

  @Test(.timeLimit(.minutes(10)))
  func `fuzz finds kernel and model of one mind`() async throws {
    let result = try await Memreg.run("fuzz", "-d", "siw0", "--ops", "1500", "--json")
    #expect(result.status == 0, "\(result.output)")
    #expect(try result.document()["divergences"] as? Int == 0)
  }

  @Test(.timeLimit(.minutes(5)))
  func `record writes what cache replays`() async throws {
    let path = "/tmp/siw-\(UInt64.random(in: 0 ... .max)).jsonl"
    let result = try await Memreg.shell(
      "\(Memreg.path) record -o \(path) -- .build/debug/RegistrationStorm threads 2 100 >&2"
        + " && \(Memreg.path) cache \(path) -d siw0 --policy none,cache --json"
    )
    #expect(result.status == 0, "\(result.error)")
    let policies = try #require(try result.document()["policies"] as? [[String: Any]])
    #expect(policies.map { $0["registrations"] as? Int } == [200, 2])
    #expect(policies.map { $0["failures"] as? Int } == [0, 0])
  }
}

@Suite(.enabled(if: hasSIW && RXE.isPresent, "needs rxe0 and siw0, as `rxe-vm --driver both` has"))
struct `Two drivers in one boot` {
  @Test(.timeLimit(.minutes(5)))
  func `are measured one after the other, each under its name`() async throws {
    for (device, driver) in [("rxe0", "rxe"), ("siw0", "siw")] {
      let result = try await Memreg.run(
        "bench",
        "-d",
        device,
        "--sizes",
        "4K,64K",
        "-n",
        "20",
        "--json"
      )
      let report = try result.document()
      let environment = try #require(report["environment"] as? [String: Any])
      #expect(environment["driver"] as? String == driver)
      let binds = driver == "siw" && limitsByItself
      #expect(environment["memlock_limit_binds"] as? Bool == binds)
      let cases = try #require(report["cases"] as? [[String: Any]])
      // On-demand regions, which rxe has from 6.15 on, are cases as well.
      let pinned = cases.filter { $0["strategy"] as? String == "verbs" }
      #expect(pinned.map { $0["charged_pages"] as? Int } == [1, 16])
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `are compared by the documents of check`() async throws {
    let check = "\(Memreg.path) check data.iova lifecycle.busy-domain-refused --format json"
    let result = try await Memreg.shell(
      """
      dir=$(mktemp -d)
      for device in rxe0 siw0; do \(check) -d $device > $dir/$device.json; done
      \(Memreg.path) check --compare $dir/rxe0.json $dir/siw0.json
      \(Memreg.path) report $dir/rxe0.json $dir/siw0.json --markdown $dir/page.md
      grep '^| data.iova' $dir/page.md
      """
    )
    #expect(result.output.contains("A  rxe0 (rxe), Linux "), "\(result.error)")
    #expect(result.output.contains("B  siw0 (siw), Linux "))
    #expect(result.output.contains("data.iova  A passes, B has a known defect"))
    #expect(result.output.contains("1 of 2 checks differ"))
    #expect(result.output.contains("| data.iova | passed | known defect |"), "\(result.output)")
  }
}
