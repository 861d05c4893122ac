import Diagnosis
import FakeDevice
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

@Suite struct `An explainer` {
  private func attempt(
    _ code: Errno?,
    access: AccessFlags = [.localWrite],
    length: UInt64 = 4096,
    strategy: StrategyKind = .verbs
  ) -> RegistrationAttempt {
    RegistrationAttempt(
      AddressRange(start: 1 << 40, length: length),
      access: access,
      strategy: strategy,
      code: code
    )
  }

  @Test(
    arguments: [
      (
        RegistrationAttempt(
          AddressRange(start: 4096, length: 0),
          access: [],
          strategy: .verbs,
          code: .EINVAL
        ), .emptyRange
      ),
      (
        RegistrationAttempt(
          AddressRange(start: 4096, length: .max),
          access: [],
          strategy: .verbs,
          code: .EINVAL
        ), .rangeOverflow
      ),
      (
        RegistrationAttempt(
          AddressRange(start: 4096, length: 1 << 45),
          access: [],
          strategy: .verbs,
          code: .EINVAL
        ), .rangeOverflow
      ),
      (
        RegistrationAttempt(
          AddressRange(start: 4096, length: 1),
          access: [.remoteAtomic],
          strategy: .verbs,
          code: .EINVAL
        ), .localWriteMissing
      ),
    ] as [(RegistrationAttempt, FailureCause)]
  )
  func `blames the arguments that no kernel accepts`(
    attempt: RegistrationAttempt,
    cause: FailureCause
  ) {
    #expect(Explainer().explain(attempt).cause == cause)
  }

  @Test func `finds the access bit that is refused by leaving bits out`() throws {
    _ = try FakeDevice.run {
      let domain = try ProtectionDomain(on: DeviceContext(named: "fake0"))
      let probe = RegistrationProbe(VerbsStrategy(in: domain))
      let attempt = attempt(.EOPNOTSUPP, access: [.localWrite, .zeroBased, .windowBind])
      // The first trial is of zero-based alone.
      FakeDevice.fail(verb: "ibv_reg_mr_iova2", code: .EOPNOTSUPP)
      let explanation = Explainer(probe: probe).explain(attempt)
      #expect(explanation.cause == .accessUnsupported)
      #expect(explanation.verdict == "verbs does not support zero-based")
      #expect(explanation.remedy == "leave zero-based out")
    }
  }

  @Test func `knows the size that soft RoCE refuses`() {
    let device = DeviceTraits(name: "rxe0", driver: "rxe", kernel: KernelRelease(6, 12))
    let explainer = Explainer(device: device)
    let large = attempt(nil, length: 1 << 30 + 1)
    #expect(explainer.forecast(large)?.cause == .driverSize)
    #expect(Explainer().forecast(large)?.cause != .driverSize)
    let onDemand = attempt(.EINVAL, length: 3 << 30, strategy: .odp)
    #expect(explainer.explain(onDemand).cause == .driverSize)
  }

  @Test func `knows the size that a device refuses by max_mr_size`() {
    var device = DeviceTraits(name: "efa_0", driver: "efa")
    device.mostBytes = 1 << 30
    let forecast = Explainer(device: device).forecast(attempt(nil, length: 3 << 30))
    #expect(forecast?.cause == .driverSize)
    #expect(
      forecast?.verdict == "efa on efa_0 registers 1 GiB in one region at most, and this is 3 GiB"
    )
    #expect(forecast?.evidence == ["max_mr_size of efa_0 is 1073741824"])
    #expect(
      Explainer(device: device).explain(attempt(.ENOMEM, length: 3 << 30)).cause == .driverSize
    )
  }

  @Test(arguments: [.ENOMEM, .EINVAL] as [Errno])
  func `names max_mr where the device has as many regions`(code: Errno) {
    var device = DeviceTraits(name: "mlx5_0", driver: "mlx5_core")
    (device.mostRegions, device.regions) = (8, 8)
    let full = Explainer(device: device).explain(attempt(code))
    #expect(full.cause == .deviceLimit)
    #expect(full.verdict == "mlx5_0 allows 8 regions (max_mr) and has 8")
    #expect(full.remedy.hasPrefix("rdma resource show mr dev mlx5_0 "))
    device.regions = 7
    #expect(Explainer(device: device).explain(attempt(code)).cause != .deviceLimit)
  }

  @Test(arguments: [.EOPNOTSUPP, .ENOTSUPP] as [Errno])
  func `tells a driver without dma-bufs from an exporter that refuses`(code: Errno) {
    var device = DeviceTraits(name: "rxe0", driver: "rxe")
    #expect(
      Explainer(device: device).explain(attempt(code)).cause
        == (code == .ENOTSUPP ? .dmaBufRefused : .unknown)
    )
    device.registersDMABufs = false
    let lacking = Explainer(device: device).explain(attempt(code))
    #expect(lacking.cause == .dmaBufUnsupported)
    #expect(lacking.verdict.hasPrefix("rxe0 registers no dma-buf: the driver rxe has no method"))
    device.registersDMABufs = true
    let cause = Explainer(device: device).explain(attempt(code)).cause
    #expect(cause == (code == .ENOTSUPP ? .dmaBufRefused : .unknown))
  }

  @Test(
    .enabled(if: (try? Capability.ipcLock.isGranted) ?? false, "needs an effective CAP_IPC_LOCK")
  )
  func `knows the driver whose limit no capability lifts`() async {
    await #expect(processExitsWith: .success) {
      try Memlock(soft: 8192, hard: 8192).apply()
      func cause(_ driver: String, _ kernel: KernelRelease) -> FailureCause {
        let device = DeviceTraits(name: "device0", driver: driver, kernel: kernel)
        let range = AddressRange(start: 1 << 40, length: 12288)
        return Explainer(device: device)
          .explain(RegistrationAttempt(range, access: [], strategy: .verbs, code: .ENOMEM)).cause
      }
      #expect(cause("siw", KernelRelease(6, 1)) == .memlockLimit)
      #expect(cause("siw", KernelRelease(6, 12)) == .unknown)
      #expect(cause("rxe", KernelRelease(6, 1)) == .unknown)
    }
  }

  @Test func `knows the size that io_uring refuses, and no smaller one`() {
    func cause(_ length: UInt64) -> FailureCause {
      let range = AddressRange(start: 1 << 32, length: length)
      return Explainer()
        .explain(RegistrationAttempt(range, access: [], strategy: .ioUring, code: .EFAULT)).cause
    }
    #expect(cause((1 << 30) + 1) == .driverSize)
    #expect(cause(1 << 30) != .driverSize)
  }

  @Test func `gives the ledger's numbers for a refusal of the ledger`() async {
    await #expect(processExitsWith: .success) {
      try Capability.ipcLock.dropEffective()
      try Memlock(soft: 8192, hard: 8192).apply()
      let buffer = try HostBuffer(.anonymous, length: 12288)
      let error = #expect(throws: RegistrationError.self) {
        _ = try IOUringStrategy().ledgered().register(buffer.range, access: [])
      }
      let explanation = Explainer().explain(RegistrationAttempt(try #require(error)))
      #expect(explanation.cause == .memlockLimit)
      #expect(
        explanation.verdict
          == "the memlock limit (RLIMIT_MEMLOCK) is 8 KiB, nothing is pinned yet"
      )
      #expect(explanation.evidence.contains("by others in this process: 0 pages"))
    }
  }

  @Test func `says that one fresh page fares no better where it does not`() throws {
    _ = try FakeDevice.run {
      let domain = try ProtectionDomain(on: DeviceContext(named: "fake0"))
      FakeDevice.fail(verb: "ibv_reg_mr_iova2", code: .EIO)
      let explanation = Explainer(probe: RegistrationProbe(VerbsStrategy(in: domain)))
        .explain(attempt(.EIO))
      #expect(explanation.cause == .unknown)
      #expect(explanation.evidence.last == "one fresh page with the same access fails with EIO too")
    }
  }
}
