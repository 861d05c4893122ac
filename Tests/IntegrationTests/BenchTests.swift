import AllocationFaults
import Benchmarking
import HostMemory
import MemoryRegistration
import Testing
import Verbs

@Suite struct `memreg bench anywhere` {
  @Test func `measures io_uring without a device`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) bench --strategy io_uring,copy --sizes 4K:64K -n 40 --json"
    )
    #expect(result.status == 0, "\(result.error)")
    let report = try result.document()
    #expect(report["schema"] as? String == "memreg.bench/1")
    #expect(report["vm_pin_after_bytes"] as? Int == 0)
    let cases = try #require(report["cases"] as? [[String: Any]])
    #expect(cases.count == 10)
    for benchCase in cases where benchCase["strategy"] as? String == "io_uring" {
      let size = try #require(benchCase["size_bytes"] as? Int)
      let charged = try #require(benchCase["charged_pages"] as? Int)
      #expect(benchCase["expected_pages"] as? Int == charged)
      // Newer kernels charge only a process that the limit binds.
      #expect([size / 4096, 0].contains(charged))
      // Not one a sample: what the kernel itself does to pages meanwhile (balancing, merging) may add a few.
      #expect(try #require(benchCase["minor_faults"] as? Int) < 40)
      let phases = try #require(benchCase["phases"] as? [[String: Any]])
      #expect(phases.map { $0["phase"] as? String } == ["register", "deregister", "pair"])
      #expect((phases[0]["samples_ns"] as? [Int])?.count == 40)
    }
  }

  @Test func `charges whole huge pages to an io_uring ring`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) bench --strategy io_uring --memory thp --sizes 4K -n 20 --json"
    )
    let cases = try #require(try result.document()["cases"] as? [[String: Any]])
    // A kernel without transparent huge pages refuses the memory, and the command says so.
    guard result.status == 0 else {
      #expect((cases[0]["failure"] as? String)?.contains("huge pages") == true)
      return
    }
    #expect(cases[0]["charged_pages"] as? Int == cases[0]["expected_pages"] as? Int)
  }

  @Test(
    arguments: [
      ["--threads", "0"], ["--sizes", "0"], ["--sizes", "-1"], ["--sizes", "1Q"],
      ["--sizes", "1e30"], ["--sizes", "99999999999999999999"], ["--strategy", "magic"],
      ["--memory", "swap"], ["--iterations", "0"], ["--max-regression", "5"],
    ]
  )
  func `answers bad input by one line and status 64`(arguments: [String]) async throws {
    try await Memreg.expectRefusal(of: ["bench"] + arguments)
  }

  @Test func `interrupted prints what there is and exits 130 with nothing pinned`() async throws {
    let report = try await interrupted("--strategy io_uring --sizes 4K,64K -D 20")
    let cases = try #require(report["cases"] as? [[String: Any]])
    #expect((cases[0]["phases"] as? [[String: Any]])?.isEmpty == false)
  }

  @Test func `compares with a result of its own and exits 1 on a regression`() async throws {
    let bench = "\(Memreg.path) bench --strategy io_uring --sizes 4K -n 50"
    let result = try await Memreg.shell(
      """
      base=$(mktemp)
      \(bench) --export-json $base > /dev/null
      \(bench) --compare $base --max-regression 1000; echo "status $?" >&2
      sed 's/"samples_ns":\\[[0-9,]*\\]/"samples_ns":[1,1,1]/g' $base > $base.fast
      \(bench) --compare $base.fast --max-regression 5; echo "status $?" >&2
      """
    )
    #expect(result.output.contains("95 % interval"))
    #expect(result.error.contains("status 0\n"), "\(result.error)")
    #expect(result.error.contains("medians grew by more than 5.0 %"))
    #expect(result.error.contains("status 1\n"))
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg bench on rxe` {
  @Test func `shows for each case the pages that the kernel charged`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) bench --strategy verbs --sizes 4K,64K,1M --memory anonymous,thp --populated --cold -n 20 --json"
    )
    #expect(result.status == 0, "\(result.error)")
    let report = try result.document()
    let environment = try #require(report["environment"] as? [String: Any])
    #expect(environment["device"] as? String == "rxe0")
    #expect(environment["driver"] as? String == "rxe")
    let cases = try #require(report["cases"] as? [[String: Any]])
    #expect(cases.count == 12)
    for benchCase in cases {
      let size = try #require(benchCase["size_bytes"] as? Int)
      #expect(benchCase["charged_pages"] as? Int == size / 4096)
      #expect(benchCase["expected_pages"] as? Int == size / 4096)
    }
    #expect(report["vm_pin_after_bytes"] as? Int == 0)
  }

  @Test func `allocates nothing but the provider's record of each region`() throws {
    let memory = try HostBuffer(.anonymous, length: 1 << 20)
    let strategy = VerbsStrategy(in: try ProtectionDomain(on: DeviceContext(named: "rxe0")))
    let batch = RegistrationBatch(
      AddressRange(start: memory.range.start, length: 4096),
      stride: 4096,
      count: 64,
      access: [.localWrite]
    )
    var slots = RegistrationSlots(capacity: 64)
    _ = try strategy.sample(batch, in: &slots)
    let before = allocation_count()
    _ = try strategy.sample(batch, in: &slots)
    #expect(allocation_count() - before == 64)
    let between = allocation_count()
    _ = try strategy.samplePairs(batch, count: 100)
    #expect(allocation_count() - between == 100)
  }

  @Test func `counts the faults of cold pages`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) bench --strategy verbs --sizes 64K --cold -n 20 -w 0 --json"
    )
    let cases = try #require(try result.document()["cases"] as? [[String: Any]])
    let batch = try #require(cases[0]["batch"] as? Int)
    #expect(cases[0]["minor_faults"] as? Int == 20 * 16 * batch)
  }

  @Test func `registers beside residents and in threads`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) bench --strategy verbs --sizes 4K --resident 0,1000 --threads 1,2 -n 20 --json"
    )
    #expect(result.status == 0, "\(result.error)")
    let cases = try #require(try result.document()["cases"] as? [[String: Any]])
    #expect(cases.map { $0["resident"] as? Int } == [0, 0, 1000, 1000])
    let phases = cases.compactMap { ($0["phases"] as? [[String: Any]])?.first }
    #expect(phases.map { $0["samples"] as? Int } == [20, 40, 20, 40])
  }

  @Test func `divides registrations into the kernel's stages, and shows what tracing adds`()
    async throws
  {
    let odp = RXE.kernel >= (7, 0) ? ",odp" : ""
    let result = try await Memreg.shell(
      "\(Memreg.path) bench --strategy verbs,io_uring\(odp) --sizes 4K,256K -n 10 --stages --json"
    )
    #expect(result.status == 0, "\(result.error)")
    let report = try result.document()
    let cases = try #require(report["cases"] as? [[String: Any]])
    #expect(cases.count == (odp.isEmpty ? 4 : 6))
    for benchCase in cases {
      let name = "\(benchCase["strategy"] ?? "-"), \(benchCase["size_bytes"] ?? "-")"
      let batch = try #require(benchCase["batch"] as? Int)
      let stages = try #require(benchCase["stages"] as? [[String: Any]])
      #expect(stages.map { $0["phase"] as? String } == ["register", "deregister"], "\(name)")
      for one in stages {
        let parts = try #require(one["parts_ns"] as? [String: Int])
        let kernel = try #require(one["kernel_ns"] as? Int)
        #expect(one["calls"] as? Int == 10 * batch, "\(name)")
        #expect(one["lost_calls"] as? Int == 0, "\(name)")
        #expect(parts.count == 7)
        #expect(kernel > 0 && parts.values.reduce(0, +) == kernel, "\(name)")
        #expect(try #require(one["traced_ratio_ppm"] as? Int) > 0, "\(name)")
      }
      let register = try #require(stages[0]["parts_ns"] as? [String: Int])
      let isPinned = benchCase["strategy"] as? String != "odp"
      #expect((register["pin", default: 0] > 0) == isPinned, "\(name)")
      // The samples beside which they stand are untraced ones.
      let phases = try #require(benchCase["phases"] as? [[String: Any]])
      #expect(phases[0]["samples"] as? Int == 10, "\(name)")
    }
    #expect(report["vm_pin_after_bytes"] as? Int == 0)
  }

  @Test func `without privilege for stages ends before it measures`() async throws {
    let result = try await Memreg.shell(
      "setpriv --reuid 65534 --clear-groups --bounding-set -all "
        + "\(Memreg.path) bench --strategy io_uring --sizes 4K --stages"
    )
    #expect(result.status == 77)
    #expect(result.output.isEmpty)
    #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    #expect(result.error.contains("CAP_BPF"))
  }

  @Test func `interrupted gives every page back`() async throws {
    _ = try await interrupted("--sizes 4K,64K -D 20 --resident 100")
  }
}

/// Interrupts a benchmark that has exported samples; its document, after which nothing is pinned.
private func interrupted(_ options: String) async throws -> [String: Any] {
  let result = try await Memreg.shell(
    """
    file=$(mktemp)
    \(Memreg.path) bench \(options) --export-json $file --json > $file.out & pid=$!
    until grep -q '"samples_ns":.[0-9]' $file; do kill -0 $pid || exit 9; sleep 0.2; done
    kill -INT $pid; wait $pid; echo "status $?" >&2; cat $file.out
    """
  )
  #expect(result.error.contains("status 130"))
  let report = try result.document()
  #expect(report["interrupted"] as? Bool == true)
  #expect(report["vm_pin_after_bytes"] as? Int == 0)
  return report
}
