import Foundation
import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg record on rxe` {
  /// Records `command`, a line of shell, and gives the events of the trace after its header.
  private func record(
    _ command: String,
    status: Int32 = 0
  ) async throws -> (events: [[String: Any]], error: String) {
    let path = "/tmp/record-\(UInt64.random(in: 0 ... .max)).jsonl"
    let result = try await Memreg.shell(
      "\(Memreg.path) record -o \(path) -- sh -c '\(command)' > \(path).out"
    )
    #expect(result.status == status, "\(result.error)")
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let events = try lines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(events.first?["schema"] as? String == "memreg.trace/1")
    return (Array(events.dropFirst()), result.error)
  }

  private func named(_ name: String, _ events: [[String: Any]]) -> [[String: Any]] {
    events.filter { $0["event"] as? String == name }
  }

  @Test(arguments: ["dlsym", "dlvsym", "dlmopen"])
  func `sees programs that find libibverbs by name`(way: String) async throws {
    let (events, error) = try await record(".build/debug/RegistrationByName \(way)")
    let made = named("register", events)
    #expect(made.compactMap { $0["length_bytes"] as? Int } == [4096, 8192, 12_288, 4096])
    #expect(made.compactMap { $0["errno"] as? Int } == [0, 0, 0, 22])
    #expect(made.allSatisfy { $0["device"] as? String == "rxe0" })
    let ended = named("deregister", events)
    #expect(ended.compactMap { $0["region"] as? Int } == [1, 2, 3])
    #expect(error.contains("3 registrations by 1 process, all ended"), "\(error)")
  }

  @Test func `sees the buffer of ib_write_bw on both sides, and its end`() async throws {
    let (events, error) = try await record(
      "ib_write_bw -d rxe0 -n 100 -s 65536 & until ss -ltn | grep -q :18515; do sleep 0.1; done; "
        + "ib_write_bw -d rxe0 -n 100 -s 65536 10.9.0.1; wait"
    )
    #expect(
      named("process", events).compactMap { $0["program"] as? String } == [
        "ib_write_bw", "ib_write_bw",
      ]
    )
    let made = named("register", events)
    #expect(made.count == 2)
    for event in made {
      // Two messages' room, with relaxed ordering, for which verbs.h takes the newer function.
      #expect(event["length_bytes"] as? Int == 131_072)
      #expect(event["call"] as? String == "ibv_reg_mr_iova2")
      #expect((event["access"] as? Int ?? 0) & 3 == 3)
      #expect(event["errno"] as? Int == 0)
      #expect(event["device"] as? String == "rxe0")
      #expect((event["duration_ns"] as? Int ?? 0) > 0)
    }
    #expect(named("deregister", events).count == 2)
    #expect(error.contains("2 registrations by 2 processes, all ended"), "\(error)")
  }

  @Test func `sees every region of rping, and which deregistration ends which`() async throws {
    let (events, _) = try await record(
      "rping -s -a 10.9.0.1 -C 2 & until rdma resource show cm_id | grep -q LISTEN; do sleep 0.1; done; "
        + "rping -c -a 10.9.0.1 -C 2; wait"
    )
    let made = named("register", events).compactMap { $0["region"] as? Int }
    let ended = named("deregister", events).compactMap { $0["region"] as? Int }
    #expect(made == [1, 2, 3, 4, 5, 6, 7])
    #expect(ended.sorted() == made)
    #expect(Set(named("register", events).compactMap { $0["length_bytes"] as? Int }) == [16, 64])
  }

  @Test func `sees every call of many threads with its thread`() async throws {
    let (events, _) = try await record(".build/debug/RegistrationStorm threads 4 500")
    let made = named("register", events)
    #expect(made.count == 2000)
    #expect(named("deregister", events).count == 2000)
    let threads = Dictionary(grouping: made) { $0["thread"] as? Int ?? 0 }
    #expect(threads.values.map(\.count) == [500, 500, 500, 500])
    #expect(Set(made.compactMap { $0["region"] as? Int }).count == 2000)
    let times = made.compactMap { $0["time_ns"] as? Int }
    #expect(times == times.sorted())
  }

  @Test func `is whole after a crash, and says what was under way`() async throws {
    let (events, error) = try await record(
      ".build/debug/RegistrationStorm crash 100",
      status: 139
    )
    #expect(named("register", events).count == 100)
    #expect(named("deregister", events).isEmpty)
    #expect(error.contains("100 never ended"), "\(error)")
  }

  @Test func `is whole after SIGKILL in the middle of everything`() async throws {
    let (events, _) = try await record(
      """
      out=$(mktemp); .build/debug/RegistrationStorm threads 2 100000 > $out & p=$!
      until test $(wc -l < $out) = 2; do kill -0 $p || exit 9; sleep 0.1; done
      kill -9 $p; wait $p; rm $out; exit 0
      """
    )
    let made = named("register", events)
    let ended = Set(named("deregister", events).compactMap { $0["region"] as? Int })
    #expect(made.count > 10)
    // Each thread has at most one region that is not ended, or one call that is not over.
    let done = made.compactMap { $0["region"] as? Int }
    #expect(done.count - ended.count <= 2)
    #expect(events.filter { $0["errno"] == nil && $0["event"] as? String != "process" }.count <= 2)
  }

  @Test func `goes on in children that fork and in programs that they execute`() async throws {
    let (events, _) = try await record(".build/debug/RegistrationStorm fork 10")
    let processes = named("process", events)
    // The parent, its fork, and the program that the fork's sibling executes.
    #expect(processes.compactMap { $0["forked"] as? Bool }.filter(\.self).count == 1)
    #expect(processes.count == 3)
    let counts = Dictionary(grouping: named("register", events)) { $0["pid"] as? Int ?? 0 }
    #expect(counts.values.map(\.count) == [10, 10, 10])
  }

  @Test func `records failures with their errno and re-registrations with what they change`()
    async throws
  {
    let (events, error) = try await record(".build/debug/RegistrationStorm failures")
    let failed = named("register", events).filter { $0["errno"] as? Int != 0 }
    #expect(failed.count == 2)
    // An address where nothing is mapped, and a dma-buf, of which rxe has none.
    #expect(failed.compactMap { $0["errno"] as? Int } == [14, 95])
    #expect(failed.last?["call"] as? String == "ibv_reg_dmabuf_mr")
    #expect(failed.allSatisfy { $0["region"] == nil })
    let again = try #require(named("reregister", events).first)
    #expect(again["changes"] as? Int == 4)
    #expect(again["access"] as? Int == 7)
    #expect(error.contains("2 failed"), "\(error)")
  }

  @Test func `gives traces that memreg cache replays`() async throws {
    let path = "/tmp/record-\(UInt64.random(in: 0 ... .max)).jsonl"
    let recorded = try await Memreg.shell(
      "\(Memreg.path) record -o \(path) -- .build/debug/RegistrationStorm threads 2 200"
    )
    #expect(recorded.status == 0, "\(recorded.error)")
    let result = try await Memreg.run("cache", path, "--policy", "none,cache", "--json")
    #expect(result.status == 0, "\(result.error)")
    let report = try result.document()
    #expect(report["uses"] as? Int == 400)
    let policies = try #require(report["policies"] as? [[String: Any]])
    #expect(policies.map { $0["registrations"] as? Int } == [400, 2])
    #expect(policies.map { $0["failures"] as? Int } == [0, 0])
  }

  @Test func `passes the exit status on, and says when there is nothing`() async throws {
    let (events, error) = try await record("exit 7", status: 7)
    #expect(events.isEmpty)
    #expect(error.contains("no registration seen"))
  }

  @Test func `without a command or of no program gets one line`() async throws {
    let bare = try await Memreg.run("record")
    #expect(bare.status == 64)
    let path = "/tmp/record-\(UInt64.random(in: 0 ... .max)).jsonl"
    let missing = try await Memreg.run("record", "-o", path, "--", "/no/program")
    #expect(missing.status == 71)
    #expect(missing.error.contains("cannot run /no/program"))
    #expect(missing.error.split(separator: "\n").count == 1)
  }
}
