import HostMemory
import LinuxSystem
import Testing

/// Control groups with memory.max, made by the shell around a command.
private enum MemoryGroup {
  static let isAvailable = RXE.isPresent

  /// Runs `command` in a group of `limit` without swap, then prints "killed N", the group's count of OOM kills.
  static func run(_ limit: String, _ command: String) async throws -> Memreg.Result {
    try await Memreg.shell(
      inGroup: "bounded-\(limit)",
      of: "memory",
      after: """
        echo \(limit) > $g/memory.max
        test -e $g/memory.swap.max && echo 0 > $g/memory.swap.max
        """,
      "exec sh -c '\(command)'",
      end: """
        status=$?
        awk '$1 == "oom_kill" { print "killed " $2 }' $g/memory.events >&2
        rmdir $g
        exit $status
        """
    )
  }
}

@Suite(.enabled(if: MemoryGroup.isAvailable, Comment(rawValue: RXE.reason)), .serialized)
struct `Commands in a small memory control group` {
  @Test(arguments: [16, 64, 256])
  func `are never killed for want of memory`(mebibytes: Int) async throws {
    let sizes = [mebibytes / 2, mebibytes - 8, mebibytes - 4, mebibytes, mebibytes * 2]
    for size in sizes {
      for line in [
        "explain --size \(size)M", "register --size \(size)M", "limits --need \(size)M",
        "register --populate --size \(size)M", "explain --try --errno ENOMEM --size \(size)M",
      ] {
        let result = try await MemoryGroup.run("\(mebibytes)M", "exec \(Memreg.path) \(line)")
        #expect(result.error.contains("killed 0"), "\(line) in \(mebibytes) MiB: \(result.error)")
        #expect([0, 1, 71].contains(result.status), "\(line): \(result.status) \(result.error)")
        if size >= mebibytes { #expect(result.status != 0, "\(line): \(result.output)") }
      }
    }
    let probe = try await MemoryGroup.run(
      "\(mebibytes)M",
      "exec \(Memreg.path) limits --probe --json"
    )
    #expect(probe.status == 0 && probe.error.contains("killed 0"), "\(probe.error)")
    let found = try #require(try probe.document()["probe"] as? [String: Any])
    let maximum = try #require(found["maximum_bytes"] as? Int)
    #expect(maximum <= mebibytes << 20 && maximum >= (mebibytes << 20) / 4, "\(maximum)")
  }

  @Test func `name the group that bounds and its limit`() async throws {
    let result = try await MemoryGroup.run("64M", "exec \(Memreg.path) limits --json")
    let report = try result.document()
    #expect(report["bound_by"] as? String == "memory_cgroup")
    let bounds = try #require(report["bounds"] as? [[String: Any]])
    let bound = try #require(bounds.first { $0["kind"] as? String == "memory_cgroup" })
    #expect(bound["place"] as? String == "/bounded-64M")
    #expect(bound["limit_bytes"] as? Int == 64 << 20)
    #expect(report["pinnable_bytes"] as? Int == bound["bytes"] as? Int)
    let need = try await MemoryGroup.run("64M", "exec \(Memreg.path) limits --need 128M")
    #expect(need.status == 1)
    #expect(need.output.contains("memory control group /bounded-64M is limited to 64 MiB"))
    let explain = try await MemoryGroup.run("64M", "exec \(Memreg.path) explain --size 128M --json")
    #expect(explain.status == 1)
    #expect(try explain.document()["cause"] as? String == "memory_control_group")
  }

  @Test func `let pass what fits there`() async throws {
    for line in ["limits --need 32M", "explain --size 32M", "register --size 32M"] {
      let result = try await MemoryGroup.run("64M", "exec \(Memreg.path) \(line)")
      #expect(result.status == 0, "\(line): \(result.output) \(result.error)")
    }
  }

  @Test func `name the limit on the address space`() async throws {
    let need = try await Memreg.shell("ulimit -v 2000000; \(Memreg.path) limits --need 2G --json")
    #expect(need.status == 1)
    let found = try #require(try need.document()["need"] as? [String: Any])
    #expect((found["reason"] as? String)?.contains("RLIMIT_AS") == true, "\(found)")
    let explain = try await Memreg.shell(
      "ulimit -v 2000000; \(Memreg.path) explain --size 2G --json"
    )
    #expect(try explain.document()["cause"] as? String == "address_space_limit")
  }
}

@Suite struct `Commands on a machine set up for it` {
  private static let zones = PinnableZones()

  @Test(
    .enabled(
      if: zones.movable + zones.contiguous > 0,
      "no ZONE_MOVABLE or CMA; boot with movablecore=1G or cma=1G"
    )
  )
  func `do not count memory that long-term pins cannot use`() async throws {
    let report = try await Memreg.run("limits", "--json").document()
    let bounds = try #require(report["bounds"] as? [[String: Any]])
    let memory = try #require(bounds.first { $0["kind"] as? String == "memory" })
    let room = try #require(memory["bytes"] as? Int) >> 20
    let available = try MemoryInfo().available >> 20
    #expect(room + 256 < available)
    let above = "\(room + 64)M"
    let need = try await Memreg.run("limits", "--need", above)
    #expect(need.status == 1 && need.output.contains("long-term pins cannot use"), "\(need.output)")
    let explain = try await Memreg.run("explain", "--strategy", "io_uring", "--size", above)
    #expect(explain.status == 1, "\(explain.output) \(explain.error)")
    let register = try await Memreg.run("register", "--strategy", "io_uring", "--size", above)
    #expect(register.status == 71, "\(register.output) \(register.error)")
    // All but a little of what is said to fit can be pinned, in regions that every kernel takes.
    let count = "\((room - 96) / 64)"
    let pinned = try await Memreg.run("register", "--size", "64M", "--count", count)
    #expect(pinned.status == 0, "\(pinned.output) \(pinned.error)")
  }
}
