import Diagnosis
import HostMemory
import LinuxSystem
import Testing
import Verbs

@Suite(
  .enabled(if: RXE.isPresent && RXE.kernel >= (6, 15), "no rxe0 with on-demand paging (6.15)"),
  .serialized
)
struct `On-demand paging on rxe` {
  /// What rxe is known to do wrong with on-demand regions.
  private static let defects: Set = [
    "odp.transfers-keep-their-offset", "odp.transfers-cross-pages",
    "odp.transfers-of-many-packets", "odp.this-side-keeps-its-offset",
    "odp.prefetch-of-a-read-only-region", "odp.datagrams-behind-their-header",
  ]

  @Test(.timeLimit(.minutes(10)))
  func `holds its promises but for the known defects`() async throws {
    let result = try await Memreg.run("check", "odp", "--format", "json")
    let document = try result.document()
    let checks = try #require(document["checks"] as? [[String: Any]])
    #expect(result.status == 0, "\(result.error)")
    #expect(checks.count >= 50)
    for check in checks {
      let (name, verdict) = (check["name"] as? String ?? "", check["verdict"] as? String)
      #expect(
        verdict == "passed" || verdict == "known_defect" && Self.defects.contains(name),
        "\(check)"
      )
    }
  }

  @Test func `tells by moving bytes where an offset in the page ends up`() throws {
    let domain = try ProtectionDomain(on: try DeviceContext(named: "rxe0"))
    let placement = try OnDemandPlacement(probing: domain)
    #expect(placement != .elsewhere)
    if RXE.kernel >= (7, 2) && RXE.kernel <= (7, 3) { #expect(placement == .offsetDropped) }
  }

  @Test func `charges nothing and reads what the CPU wrote last`() throws {
    let loop = try LoopbackFixture()
    let before = try ProcessStatus().pinned
    let region = try MemoryRegion(
      in: loop.domain,
      range: loop.far.range,
      access: [.localWrite, .remoteRead, .remoteWrite, .onDemand]
    )
    #expect(try ProcessStatus().pinned == before)
    loop.far.fill(seed: 31)
    #expect(try loop.read(1024, from: loop.farAt(8192, key: region.rkey)).status == .success)
    #expect(loop.near.copy(0, 1024) == loop.far.copy(8192, 1024))
  }

  @Test(arguments: Separation.allCases)
  func `follows the address where a pinned region does not`(how: Separation) throws {
    let loop = try LoopbackFixture()
    let memory = try HostBuffer(.anonymous, length: 65536)
    let region = try MemoryRegion(
      in: loop.domain,
      range: memory.range,
      access: [.localWrite, .remoteRead, .remoteWrite, .onDemand]
    )
    memory.fill(seed: 41)
    let remote = RemoteMemory(address: memory.range.start + 4096, rkey: region.rkey)
    try how.apply(to: memory.range)
    let read = try loop.read(256, from: remote)
    guard how != .unmap else {
      #expect(read.status == .remoteAccess)
      try Separation.mapOver.apply(to: memory.range)
      return
    }
    #expect(read.status == .success)
    #expect(loop.near.copy(0, 256) == [UInt8](repeating: 0, count: 256))
    loop.near.fill(seed: 42)
    #expect(try loop.write(256, to: remote).status == .success)
    #expect(memory.copy(4096, 256) == loop.near.copy(0, 256))
  }

  @Test func `devices, register and bench say where bytes end up`() async throws {
    let isDropped = RXE.kernel >= (7, 2) && RXE.kernel <= (7, 3)
    let devices = try await Memreg.run("devices", "rxe0", "--json")
    let device = try #require((try devices.document()["devices"] as? [[String: Any]])?.first)
    let placement = try #require(
      (device["probes"] as? [String: Any])?["on_demand_placement"] as? String
    )
    if isDropped { #expect(placement == "offset_dropped") }
    let register = try await Memreg.run("register", "--strategy", "odp", "--json")
    #expect(try register.document()["on_demand_placement"] as? String == placement)
    let pinned = try await Memreg.run("register", "--json")
    #expect(try pinned.document()["on_demand_placement"] == nil)
    for arguments in [["devices"], ["register", "--strategy", "odp"]] {
      let result = try await Memreg.shell([Memreg.path] + arguments)
      #expect(result.output.contains("offset 8 of a page arrived at offset 0") == isDropped)
    }
  }

  @Test func `a limit of zero keeps neither region nor answer away`() async throws {
    let result = try await Memreg.shell(
      "ulimit -l 0; setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "
        + "--bounding-set=-all \(Memreg.path) register --strategy odp --json"
    )
    let document = try result.document()
    #expect(result.status == 0, "\(result.error)")
    #expect(document["charged_bytes"] as? Int == 0)
    #expect(document["on_demand_placement"] as? String != nil)
  }

  @Test func `bench times pinned, warm, prefetched and first touched pages`() async throws {
    let result = try await Memreg.run(
      "bench",
      "--strategy",
      "verbs,odp",
      "--sizes",
      "4K",
      "-n",
      "100",
      "--json"
    )
    let document = try result.document()
    #expect(result.status == 0, "\(result.error)")
    #expect(document["on_demand_placement"] as? String != nil)
    let access = try #require(document["device_access"] as? [[String: Any]])
    #expect(
      access.map { $0["state"] as? String } == ["pinned", "warm", "prefetched", "first_touch"]
    )
    for state in access {
      #expect(state["samples"] as? Int == 128)
      #expect((state["p50_ns"] as? Int ?? 0) >= (state["min_ns"] as? Int ?? .max))
    }
    #expect(access.first?["pinned_ratio_ppm"] as? Int == 1_000_000)
    #expect(document["vm_pin_after_bytes"] as? Int == 0)
  }
}
