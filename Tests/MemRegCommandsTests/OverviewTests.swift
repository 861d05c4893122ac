import Testing

@testable import MemRegCommands

@Suite("memreg alone")
struct OverviewTests {
  private func overview(
    devices: [Overview.Device] = [],
    limit: Overview.Limit = .lifted("it is unlimited"),
    softRoCE: (available: Bool, permitted: Bool) = (false, false)
  ) -> Overview {
    Overview(devices: devices, limit: limit, softRoCE: softRoCE)
  }

  @Test func `leads to the device that can be opened`() {
    let shown = overview(devices: [
      .init(name: "mlx5_0", driver: "mlx5_core", opens: false),
      .init(name: "rxe0", driver: "rxe", opens: true),
    ])
    #expect(shown.next.first?.command == "memreg register -d rxe0 --size 1M")
    #expect(
      shown.text.plain.contains("device    mlx5_0 (mlx5_core), which this user may not open\n")
    )
    #expect(shown.text.plain.contains("\n          rxe0 (rxe)\n"))
  }

  @Test func `asks who may open a device that this user may not`() {
    let shown = overview(devices: [.init(name: "rxe0", driver: nil, opens: false)])
    #expect(shown.next.first?.command == "ls -l /dev/infiniband")
  }

  @Test(arguments: [
    (true, true, "memreg rxe up"), (true, false, "sudo memreg rxe up"),
    (false, true, "scripts/rxe-vm memreg bench"),
  ])
  func `without a device names the nearest way to one`(
    available: Bool,
    permitted: Bool,
    command: String
  ) {
    #expect(overview(softRoCE: (available, permitted)).next.first?.command == command)
  }

  @Test func `tells how to raise a limit below 64 MiB, and leaves a larger one alone`() {
    let low = overview(limit: .binds(bytes: 8 << 20, headroom: 4 << 20, remedy: "raise it"))
    #expect(low.text.plain.contains("memlock   8 MiB, of which 4 MiB can be pinned now\n"))
    #expect(low.next.contains { $0.command == "memreg limits" && $0.purpose.hasSuffix("raise it") })
    let high = overview(limit: .binds(bytes: 64 << 20, headroom: 64 << 20, remedy: "raise it"))
    #expect(!high.next.contains { $0.command == "memreg limits" })
  }

  @Test func `ends with the way to all commands`() {
    #expect(overview().next.last?.command == "memreg --help")
  }
}
