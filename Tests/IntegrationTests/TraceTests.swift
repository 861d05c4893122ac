import Foundation
import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg trace on rxe` {
  private func named(_ name: String, _ events: [[String: Any]]) -> [[String: Any]] {
    events.filter { $0["event"] as? String == name }
  }

  private func parts(of event: [String: Any]) -> [String: Int] {
    event["parts_ns"] as? [String: Int] ?? [:]
  }

  @Test func `names the stage and the cause of each failure`() async throws {
    let traced = try await Traced.run("--json", of: ".build/debug/RegistrationCauses")
    let failures = named("register", traced.events)
      .reduce(into: [String: [String: Any]]()) {
        $0[$1["program"] as? String ?? ""] = $1
      }
    func outcome(_ name: String) -> [String] {
      let event = failures[name] ?? [:]
      return [
        String(event["errno"] as? Int ?? -1), event["failed_stage"] as? String ?? "-",
        event["cause"] as? String ?? "-",
      ]
    }
    #expect(outcome("fine") == ["0", "-", "-"])
    #expect(outcome("hole") == ["14", "fault", "mapping"])
    #expect(outcome("read-only") == ["14", "fault", "mapping"])
    #expect(outcome("request") == ["22", "uverbs", "request"])
    #expect(outcome("memlock") == ["12", "umem", "memlock"])
    #expect(outcome("memlock-zero") == ["1", "umem", "memlock-zero"])
    // rxe has a table for at most 1 GiB, on 6.12 and later.
    let driver = RXE.kernel >= (6, 12) ? ["12", "driver", "driver"] : ["0", "-", "-"]
    #expect(outcome("driver") == driver)
  }

  @Test func `names the rdma control group that has reached its limit`() async throws {
    let group = "/sys/fs/cgroup/trace-\(UInt64.random(in: 0 ... .max))"
    // The protection domain is the one object.
    let made = try await Memreg.shell(
      "echo +rdma > /sys/fs/cgroup/cgroup.subtree_control && mkdir \(group)"
        + " && echo 'rxe0 hca_object=1' > \(group)/rdma.max"
    )
    #expect(made.status == 0, "\(made.error)")
    let traced = try await Traced.run(
      "--json",
      of: "sh -c \"echo \\$\\$ > \(group)/cgroup.procs"
        + "; \(Memreg.path) register --strategy verbs --size 64K; true\""
    )
    // Limits are lifted before a group goes, as the checks do.
    let removed = try await Memreg.shell(
      "echo 'rxe0 hca_object=max' > \(group)/rdma.max; rmdir \(group)"
    )
    #expect(removed.status == 0, "\(removed.error)")
    let failed = try #require(named("register", traced.events).first)
    #expect(failed["errno"] as? Int == 11)
    #expect(failed["failed_stage"] as? String == "uverbs")
    #expect(failed["cause"] as? String == "cgroup")
    #expect(failed["length_bytes"] as? Int == 65_536)
    #expect(parts(of: failed)["driver"] == 0)
  }

  @Test func `divides the time of a call without a rest`() async throws {
    let traced = try await Traced.run("--json", of: ".build/debug/RegistrationStorm threads 1 50")
    let calls = named("register", traced.events) + named("deregister", traced.events)
    #expect(calls.count == 100)
    for call in calls {
      #expect(parts(of: call).values.reduce(0, +) == call["duration_ns"] as? Int)
    }
    for call in named("register", traced.events) {
      for part in ["uverbs", "driver", "map", "pin"] {
        #expect(parts(of: call)[part, default: 0] > 0, "\(part)")
      }
    }
    for call in named("deregister", traced.events) {
      #expect(parts(of: call)["release", default: 0] > 0)
    }
  }

  @Test func `agrees with memreg record on every call of eight processes of four threads`()
    async throws
  {
    let record = "/tmp/trace-\(UInt64.random(in: 0 ... .max)).jsonl"
    let storms = (0..<8).map { _ in ".build/debug/RegistrationStorm threads 4 157 &" }
    let traced = try await Traced.run(
      "--json",
      of: "\(Memreg.path) record -o \(record) -- sh -c \"\(storms.joined(separator: " ")) wait\""
    )
    let recorded = try Traced.events(in: record)
    #expect(traced.error.contains(" 0 failed") && !traced.error.contains("lost"), "\(traced.error)")
    let (ours, theirs) = (Traced.calls(traced.events), Traced.calls(recorded))
    #expect(theirs.values.map(\.count).reduce(0, +) == 10_048)
    #expect(theirs.count == 32)
    #expect(Traced.differences(ours, theirs) == [])
  }

  @Test func `counts to the digit what found no room while it could not read`() async throws {
    let path = "/tmp/trace-\(UInt64.random(in: 0 ... .max)).jsonl"
    // 22,000 records find room, with all stages; the program makes 30,000 calls.
    let result = try await Memreg.shell(
      """
      \(Memreg.path) trace --json --comm RegistrationSto -o \(path) 2> \(path).err & trace=$!
      until [ -s \(path) ]; do sleep 0.1; done
      kill -STOP $trace
      .build/debug/RegistrationStorm threads 2 7500 > /dev/null; status=$?
      kill -CONT $trace
      n=0; until [ "$(wc -l < \(path))" -gt 20000 ]; do n=$((n + 1)); [ $n -lt 300 ] || break; sleep 0.2; done
      kill -INT $trace; wait $trace; cat \(path).err; exit $status
      """
    )
    #expect(result.status == 0, "\(result.error)")
    let seen = try Traced.events(in: path).count
    #expect(seen > 20_000 && seen < 24_000)
    #expect(result.output.hasSuffix(" 0 failed, \(30_000 - seen) lost\n"), "\(result.output)")
  }

  @Test func `agrees with memreg record on failures and on what re-registering changes`()
    async throws
  {
    let record = "/tmp/trace-\(UInt64.random(in: 0 ... .max)).jsonl"
    let traced = try await Traced.run(
      "--json",
      of: "\(Memreg.path) record -o \(record) -- .build/debug/RegistrationStorm failures"
    )
    let (ours, theirs) = (
      Traced.calls(traced.events), Traced.calls(try Traced.events(in: record))
    )
    #expect(Traced.differences(ours, theirs) == [])
    #expect(ours.values.flatMap(\.self).contains { $0.contains("errno 14") })
  }

  @Test func `gives traces that memreg cache replays as it does those of memreg record`()
    async throws
  {
    let record = "/tmp/trace-\(UInt64.random(in: 0 ... .max)).jsonl"
    let traced = try await Traced.run(
      "--json",
      of: "\(Memreg.path) record -o \(record) -- .build/debug/RegistrationStorm threads 1 200"
    )
    var replays: [[String?]] = []
    for path in [traced.path, record] {
      let result = try await Memreg.run("cache", path, "--policy", "none,cache", "--json")
      #expect(result.status == 0, "\(result.error)")
      let report = try result.document()
      let policies = try #require(report["policies"] as? [[String: Any]])
      replays.append(
        [report["uses"], report["slots"], report["skipped"]].map { $0.map { "\($0)" } }
          + policies.map { $0["registrations"].map { "\($0)" } }
      )
    }
    #expect(replays[0] == replays[1])
    #expect(replays[0].last == "1")
  }

  @Test func `sees io_uring with the pins of the kernel`() async throws {
    let traced = try await Traced.run(
      "--json",
      of: "\(Memreg.path) register --strategy io_uring --size 64K"
    )
    let ring = try #require(
      named("register", traced.events)
        .first {
          $0["backing"] as? String == "io_uring" && $0["length_bytes"] as? Int == 65_536
        }
    )
    #expect(parts(of: ring)["pin", default: 0] > 0)
    let ended = named("deregister", traced.events)
    #expect(ended.contains { $0["region"] as? Int == ring["region"] as? Int })
  }

  @Test(.enabled(if: RXE.kernel >= (7, 0), "rxe has on-demand paging from 7.0 on"))
  func `sees on-demand regions, which pin nothing`() async throws {
    let traced = try await Traced.run(
      "--json",
      of: "\(Memreg.path) register --strategy odp --size 64K"
    )
    let onDemand = try #require(
      named("register", traced.events).first { $0["backing"] as? String == "on-demand" }
    )
    #expect(parts(of: onDemand)["pin"] == 0)
  }

  @Test func `traces only the named device, thread or process`() async throws {
    let command = ".build/debug/RegistrationStorm threads 1 5"
    let other = try await Traced.run("--json", "--comm", "nobody", of: command)
    #expect(other.events.isEmpty)
    let named = try await Traced.run(
      "--json",
      "--comm",
      "RegistrationSto",
      "--device",
      "rxe0",
      "--light",
      of: command
    )
    #expect(named.events.count == 10)
    #expect(named.events.allSatisfy { $0["device"] as? String == "rxe0" })
    #expect(named.events.allSatisfy { $0["parts_ns"] == nil })
    let missing = try await Memreg.run("trace", "--device", "none0", "--duration", "1")
    #expect(missing.status == 69)
    #expect(missing.error == "memreg: cannot trace none0: no such RDMA device\n")
  }

  @Test func `counts durations in the kernel as it times them itself`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) trace --histogram -- .build/debug/RegistrationStorm threads 2 100"
    )
    #expect(result.status == 0, "\(result.error)")
    let rows = result.output.split(separator: "\n")
      .map { $0.split(separator: " ").map(String.init) }
    #expect(rows.filter { $0.starts(with: ["total", "200"]) }.count == 2, "\(result.output)")
    #expect(rows.contains { $0.starts(with: ["pin", "200"]) })
    #expect(rows.contains { $0.starts(with: ["release", "200"]) })
  }

  @Test func `sums up by process and device, and passes the exit status on`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) trace --summary -- sh -c '.build/debug/RegistrationStorm fork 10; exit 7'"
    )
    #expect(result.status == 7)
    let storms = result.output.split(separator: "\n").filter { $0.contains("RegistrationSto") }
    #expect(storms.count >= 3, "\(result.output)")
    #expect(result.error.contains("60 calls"), "\(result.error)")
  }

  @Test(
    .enabled(
      if: RXE.kernel >= (7, 0),
      "earlier kernels want CAP_SYS_ADMIN too for the types of modules"
    )
  )
  func `is the evidence of memreg explain for a trial that fails`() async throws {
    let capabilities = "+bpf,+perfmon"
    let result = try await Memreg.shell(
      """
      ulimit -l 1024
      setpriv --reuid 65534 --clear-groups --inh-caps \(capabilities) --ambient-caps \(capabilities) \
        --bounding-set -all,\(capabilities) \(Memreg.path) explain --strategy verbs --size 2M --trace --json
      """
    )
    #expect(result.status == 1, "\(result.error)")
    let report = try result.document()
    #expect(report["cause"] as? String == "memlock_limit")
    #expect(report["failed_stage"] as? String == "umem")
    #expect(report["stage_cause"] as? String == "memlock")
    let evidence = try #require(report["evidence"] as? [String])
    #expect(evidence.contains { $0.hasPrefix("traced in the kernel: ENOMEM in umem after ") })
  }

  @Test func `without privilege ends with one line and the way on`() async throws {
    let result = try await Memreg.shell(
      "setpriv --reuid 65534 --clear-groups --bounding-set -all \(Memreg.path) trace --duration 1"
    )
    #expect(result.status == 77)
    #expect(result.output.isEmpty)
    #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    #expect(result.error.contains("CAP_BPF"))
  }

  @Test func `leaves nothing in the kernel, also when it is killed`() async throws {
    let loop = """
      i=0; while [ $i -lt 10 ]; do \(Memreg.path) trace >/dev/null 2>&1 & p=$!; \
      sleep 0.$((i * 7 % 10)); sleep $((i % 5)); kill -9 $p; wait $p; i=$((i + 1)); done
      """
    // A driver that is asked for too much makes the kernel warn, which another test does.
    let warnings = "dmesg | grep -E 'WARNING:|BUG:|Oops:'"
    let before = try await Memreg.shell(warnings).output
    _ = try await Memreg.shell(loop)
    let programs = try await Memreg.shell(
      "grep -lE '^prog_type' /proc/*/fdinfo/* 2>/dev/null | wc -l"
    )
    #expect(programs.output == "0\n")
    let enabled = try await Memreg.shell("cat /sys/kernel/tracing/enabled_functions")
    #expect(!enabled.output.contains("ib_uverbs_reg_mr"), "\(enabled.output)")
    #expect(try await Memreg.shell(warnings).output == before)
  }
}
