import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `What a device allows` {
  private func bound(_ kind: String) async throws -> [String: Any]? {
    let report = try await Memreg.run("limits", "--json").document()
    let bounds = try #require(report["bounds"] as? [[String: Any]])
    return bounds.first { $0["kind"] as? String == kind && $0["place"] as? String == "rxe0" }
  }

  @Test func `is shown by memreg limits with the regions that are alive`() async throws {
    let before = try #require(try await bound("regions"))
    let context = try DeviceContext(named: "rxe0")
    #expect(before["region_limit"] as? Int == Int(try context.attributes().limits.maxMR))
    let domain = try ProtectionDomain(on: context)
    let page = try Stage.map(1)
    let held = try (0..<5)
      .map { _ in
        HeldRegistration(try VerbsStrategy(in: domain).register(page, access: [.localWrite]))
      }
    let after = try #require(try await bound("regions"))
    #expect(after["regions"] as? Int == (before["regions"] as? Int).map { $0 + 5 })
    for registration in held { try registration.release() }
    let end = try #require(try await bound("regions"))
    #expect(end["regions"] as? Int == before["regions"] as? Int)
  }

  @Test func `is a length of one region, which a larger need is split into`() async throws {
    let size = try await bound("region_size")
    let need = try await Memreg.run("limits", "--need", "1100M")
    #expect(need.status == 0, "\(need.output)")
    if RXE.kernel >= (6, 12) {
      #expect(size?["bytes"] as? Int == 1 << 30)
      #expect(need.output.contains("; on rxe0 in regions of 1 GiB at most"))
    } else {
      #expect(size == nil)
      #expect(!need.output.contains("regions"))
    }
  }

  @Test(arguments: ["EOPNOTSUPP", "ENOTSUPP", "524"])
  func `is no dma-buf where the driver has no method for it`(code: String) async throws {
    let result = try await Memreg.run("explain", "--errno", code, "--json")
    #expect(result.status == 1)
    let report = try result.document()
    let domain = try ProtectionDomain(on: DeviceContext(named: "rxe0"))
    // The call that failed, made for real.
    try #require(domain.probeDMABuf() == .EOPNOTSUPP)
    #expect(report["cause"] as? String == "dma_buf_unsupported")
    #expect(
      (report["verdict"] as? String)?
        .hasPrefix(
          "rxe0 registers no dma-buf: the driver rxe has no method for it"
        ) == true
    )
    // Memory of the host goes all the same, as the remedy says.
    #expect(try await Memreg.run("register", "--size", "4K").status == 0)
  }
}
