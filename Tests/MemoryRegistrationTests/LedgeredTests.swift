import FakeDevice
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

@Suite struct `A ledgered strategy` {
  private func limited(_ pages: UInt64) -> PinLedger {
    PinLedger(timeout: .zero) { PinBudget(softBytes: pages * 4096) }
  }

  private func onFakeDevice() throws -> VerbsStrategy {
    VerbsStrategy(in: try ProtectionDomain(on: DeviceContext(named: "fake0")))
  }

  @Test func `charges at registration and gives back at release`() throws {
    let left = try FakeDevice.run {
      let ledger = limited(4)
      let strategy = try onFakeDevice().ledgered(by: ledger)
      let range = AddressRange(start: 4095, length: 2)
      let registration = try strategy.register(range, access: [])
      #expect((ledger.chargedPages, ledger.undecidedPages) == (2, 0))
      try registration.release()
      #expect(ledger.chargedPages == 0)
      do { _ = try strategy.register(range, access: []) }
      #expect(ledger.chargedPages == 0)
    }
    #expect(left == FakeDevice.Live())
  }

  @Test func `refuses above the limit without asking the kernel`() throws {
    let left = try FakeDevice.run {
      let strategy = try onFakeDevice().ledgered(by: limited(1))
      let range = AddressRange(start: 0, length: 8192)
      let error = #expect(throws: RegistrationError.self) {
        _ = try strategy.register(range, access: [])
      }
      #expect(error?.call == "reserve" && error?.code == .ENOMEM)
      #expect(error?.refusal?.askedPages == 2 && error?.refusal?.headroomPages == 1)
      #expect(FakeDevice.live.regions == 0)
      let forced = try strategy.strategy.ledgered(by: strategy.ledger, isForced: true)
        .register(range, access: [])
      #expect(FakeDevice.live.regions == 1 && strategy.ledger.chargedPages == 2)
      try forced.release()
    }
    #expect(left == FakeDevice.Live())
  }

  @Test(arguments: [Errno.ENOMEM, .EFAULT, .EAGAIN])
  func `rolls back where the kernel refuses`(code: Errno) throws {
    _ = try FakeDevice.run {
      let strategy = try onFakeDevice().ledgered(by: limited(4))
      FakeDevice.fail(verb: "ibv_reg_mr_iova2", code: code)
      let error = #expect(throws: RegistrationError.self) {
        _ = try strategy.register(AddressRange(start: 0, length: 8192), access: [])
      }
      #expect(error?.code == code && error?.refusal == nil)
      #expect((strategy.ledger.chargedPages, strategy.ledger.undecidedPages) == (0, 0))
    }
  }

  @Test func `keeps the charge of a region that the kernel does not release`() throws {
    _ = try FakeDevice.run {
      let strategy = try onFakeDevice().ledgered(by: limited(4))
      let registration = try strategy.register(AddressRange(start: 0, length: 4096), access: [])
      FakeDevice.fail(verb: "ibv_dereg_mr", code: .EBUSY)
      do throws(RegistrationError) {
        try registration.release()
        Issue.record("the release went through")
      } catch {
        #expect(error.code == .EBUSY)
      }
      #expect(strategy.ledger.chargedPages == 1)
    }
  }

  @Test func `leaves a range that no limit decides about to the kernel`() throws {
    _ = try FakeDevice.run {
      let strategy = try onFakeDevice().ledgered(by: limited(4))
      FakeDevice.fail(verb: "ibv_reg_mr_iova2", code: .EINVAL)
      let error = #expect(throws: RegistrationError.self) {
        _ = try strategy.register(AddressRange(start: 4096, length: .max), access: [])
      }
      #expect(error?.code == .EINVAL && error?.refusal == nil)
    }
  }

  @Test func `agrees with VmPin at the limit of this process`() async {
    await #expect(processExitsWith: .success) {
      // A user of its own: io_uring counts all processes of a user together, and tests beside this one pin as root.
      if geteuid() == 0 { #expect(setuid(65532) == 0) }
      try Memlock(soft: 8 * 4096, hard: 8 * 4096).apply()
      let held = try HostBuffer(.anonymous, length: 6 * 4096)
      let more = try HostBuffer(.anonymous, length: 3 * 4096)
      let strategy = IOUringStrategy().ledgered()
      let registration = try strategy.register(held.range, access: [.localWrite])
      #expect(try ProcessStatus().pinned == PinLedger.process.chargedPages * 4096)
      let error = #expect(throws: RegistrationError.self) {
        _ = try strategy.register(more.range, access: [.localWrite])
      }
      #expect(error?.refusal?.headroomPages == 2)
      let kernels = #expect(throws: RegistrationError.self) {
        _ = try IOUringStrategy().register(more.range, access: [.localWrite])
      }
      #expect(kernels?.code == .ENOMEM)
      try registration.release()
      #expect(try ProcessStatus().pinned == 0 && PinLedger.process.chargedPages == 0)
    }
  }

  @Test func `shows what others in the process pinned as the residual`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 5 * 4096)
      let known = try IOUringStrategy().ledgered().register(buffer.range, access: [.localWrite])
      #expect(PinLedger.process.residualPages() == 0)
      let unknown = try IOUringStrategy().register(buffer.range, access: [.localWrite])
      #expect(PinLedger.process.residualPages() == 5)
      try unknown.release()
      #expect(PinLedger.process.residualPages() == 0)
      try known.release()
    }
  }

  @Test func `hands a registered buffer back when it is released`() async {
    await #expect(processExitsWith: .success) {
      let registered = try RegisteredBuffer(
        HostBuffer(.anonymous, length: 8192),
        by: IOUringStrategy().ledgered(),
        access: [.localWrite]
      )
      #expect(try ProcessStatus().pinned == 8192)
      let buffer = try registered.release()
      #expect(try ProcessStatus().pinned == 0)
      #expect(buffer.range.length == 8192)
    }
  }
}
