import FakeDevice
import Glibc
import HostMemory
import Testing
import Verbs

@testable import MemoryRegistration
@testable import RegistrationCache

@Suite struct `A detached registration` {
  private static let range = AddressRange(start: 4096, length: 8192)

  private func ledgered() throws -> Ledgered<VerbsStrategy> {
    VerbsStrategy(in: try ProtectionDomain(on: DeviceContext(named: "fake0")))
      .ledgered(by: PinLedger(timeout: .zero) { PinBudget(softBytes: 4 * 4096) })
  }

  @Test func `stays registered and charged until the one who takes it up releases it`() throws {
    let left = try FakeDevice.run {
      let strategy = try ledgered()
      let range = Self.range
      let handle = try strategy.register(range, access: [.localWrite]).detach()
      #expect(FakeDevice.live.regions == 1 && strategy.ledger.chargedPages == 2)
      let adopted = strategy.adopt(handle, range, access: [.localWrite])
      #expect(FakeDevice.live.regions == 1 && strategy.ledger.chargedPages == 2)
      try adopted.release()
      #expect(FakeDevice.live.regions == 0 && strategy.ledger.chargedPages == 0)
    }
    #expect(left == FakeDevice.Live())
  }

  @Test func `is written off once with its device`() throws {
    _ = try FakeDevice.run {
      let strategy = try ledgered()
      let range = Self.range
      let handle = try strategy.register(range, access: [.localWrite]).detach()
      strategy.share?.writeOff()
      #expect(strategy.ledger.chargedPages == 0)
      try strategy.adopt(handle, range, access: [.localWrite]).release()
      #expect(strategy.ledger.chargedPages == 0)
    }
  }

  @Test(arguments: [(VerbsStrategy.Mode.pinned, StrategyKind.verbs), (.onDemand, .odp)])
  func `is taken up as what it was`(mode: VerbsStrategy.Mode, kind: StrategyKind) throws {
    _ = try FakeDevice.run {
      let domain = try ProtectionDomain(on: DeviceContext(named: "fake0"))
      let strategy = VerbsStrategy(in: domain, mode: mode)
      let range = Self.range
      let handle = try strategy.register(range, access: []).detach()
      let adopted = strategy.adopt(handle, range, access: [])
      #expect(adopted.strategy == kind)
      try adopted.release()
      #expect(FakeDevice.live.regions == 0)
    }
  }
}
