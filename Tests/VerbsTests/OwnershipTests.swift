import FakeDevice
import Glibc
import HostMemory
import LinuxSystem
import Testing
import Verbs

@Suite struct `Verbs objects` {
  @Test func `go in the order region, domain, context when they leave scope`() throws {
    let left = try FakeDevice.run {
      let domain = try ProtectionDomain(on: DeviceContext(named: "fake0"))
      let region = try MemoryRegion(
        in: domain,
        range: AddressRange(start: 4096, length: 1),
        access: [.localWrite]
      )
      #expect(FakeDevice.live == FakeDevice.Live(contexts: 1, domains: 1, regions: 1))
      #expect(region.lkey == region.rkey)
    }
    #expect(left == FakeDevice.Live())
  }

  @Test func `stay alive as long as a region needs them`() throws {
    let left = try FakeDevice.run {
      let region = try MemoryRegion(
        in: ProtectionDomain(on: DeviceContext(named: "fake0")),
        range: AddressRange(start: 4096, length: 1),
        access: []
      )
      #expect(FakeDevice.live == FakeDevice.Live(contexts: 1, domains: 1, regions: 1))
      try region.deregister()
    }
    #expect(left == FakeDevice.Live())
  }

  @Test(
    arguments: [
      ("ibv_get_device_list", .ENOMEM), ("ibv_open_device", .EACCES), ("ibv_alloc_pd", .ENOMEM),
      ("ibv_reg_mr_iova2", .ENOMEM), ("ibv_reg_mr_iova2", .EPERM), ("ibv_reg_mr_iova2", .EFAULT),
    ] as [(String, Errno)]
  )
  func `that cannot be made throw verb and errno and leave nothing`(
    verb: String,
    code: Errno
  ) throws {
    let left = FakeDevice.run {
      FakeDevice.fail(verb: verb, code: code)
      #expect(throws: VerbsError(verb, code: code)) {
        let domain = try ProtectionDomain(on: DeviceContext(named: "fake0"))
        let region = try MemoryRegion(
          in: domain,
          range: AddressRange(start: 4096, length: 1),
          access: []
        )
        try region.deregister()
      }
    }
    #expect(left == FakeDevice.Live())
  }

  @Test func `report a release that fails in a deinit`() throws {
    let before = ReleaseFailures.count
    _ = try FakeDevice.run {
      let domain = try ProtectionDomain(on: DeviceContext(named: "fake0"))
      FakeDevice.fail(verb: "ibv_dereg_mr", code: .EBUSY)
      _ = try MemoryRegion(in: domain, range: AddressRange(start: 4096, length: 1), access: [])
    }
    #expect(ReleaseFailures.count == before + 1)
    #expect(ReleaseFailures.last == VerbsError("ibv_dereg_mr", code: .EBUSY))
  }

  @Test func `name the device that is not there`() throws {
    _ = FakeDevice.run {
      #expect(throws: VerbsError("ibv_open_device", code: .ENODEV)) {
        _ = try DeviceContext(named: "mlx5_0")
      }
    }
  }
}

@Suite struct `Access flags` {
  @Test func `print their names and keep bits that have none`() {
    #expect(AccessFlags([.localWrite, .remoteRead]).description == "local-write,remote-read")
    #expect(AccessFlags(rawValue: 1 | 1 << 30).description == "local-write,0x40000000")
    #expect(AccessFlags([]).description == "local-read")
  }

  @Test(
    arguments: [
      ([], false), ([.remoteRead], false), ([.localWrite], true), ([.windowBind], true),
    ] as [(AccessFlags, Bool)]
  )
  func `pin for writing as the kernel decides`(flags: AccessFlags, writable: Bool) {
    #expect(flags.pinsForWriting == writable)
  }
}
