import FakeDevice
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

@Suite struct `A registration` {
  @Test func `by io_uring is charged to VmPin and given back when it is released`() async {
    // In a process of its own, as VmPin belongs to the whole process.
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 1 << 20)
      let strategy = IOUringStrategy()
      #expect(strategy.chargedPages(for: buffer.range) == 256)
      let registration = try strategy.register(buffer.range, access: [.localWrite])
      #expect(try ProcessStatus().pinned == 1_048_576)
      try registration.release()
      #expect(try ProcessStatus().pinned == 0)
    }
  }

  @Test func `by io_uring ends with its scope`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 4096)
      _ = try IOUringStrategy().register(buffer.range, access: [.localWrite])
      #expect(try ProcessStatus().pinned == 0)
    }
  }

  @Test func `by io_uring of a hole fails with EFAULT`() {
    let belowEverything = AddressRange(start: 4096, length: 4096)
    #expect {
      _ = try IOUringStrategy().register(belowEverything, access: [.localWrite])
    } throws: { error in
      (error as? RegistrationError)?.code == .EFAULT
    }
  }

  @Test func `by odp asks for on-demand access and charges nothing`() throws {
    let left = try FakeDevice.run {
      let domain = try ProtectionDomain(on: DeviceContext(named: "fake0"))
      let strategy = VerbsStrategy(in: domain, mode: .onDemand)
      let range = AddressRange(start: 4096, length: 8192)
      #expect(strategy.chargedPages(for: range) == 0)
      let registration = try strategy.register(range, access: [.localWrite])
      #expect(registration.strategy == .odp)
    }
    #expect(left == FakeDevice.Live())
  }
}
