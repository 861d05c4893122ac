import HostMemory
import Registration
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
    "odp.prefetch-of-a-read-only-region",
  ]

  @Test(.timeLimit(.minutes(10)))
  func `holds its promises but for the known defects`() async throws {
    let result = try await Memreg.run("check", "odp", "--format", "json")
    let document = try result.document()
    let checks = try #require(document["checks"] as? [[String: Any]])
    #expect(result.status == 0, "\(result.error)")
    #expect(checks.count >= 45)
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
      address: loop.far.range.start,
      length: loop.far.range.length,
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
      address: memory.range.start,
      length: 65536,
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
}
