import Documents
import FakeDevice
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

@testable import MemRegCommands

@Suite struct `A register run` {
  private func plan(count: Int = 3) throws -> RegisterPlan {
    try RegisterPlan(
      size: 4096,
      offset: 1,
      count: count,
      kind: .anonymous,
      access: [.localWrite]
    )
  }

  private func run(_ plan: RegisterPlan) throws -> RegisterRun {
    let domain = try ProtectionDomain(on: DeviceContext(named: "fake0"))
    return RegisterRun(plan: plan, strategy: VerbsStrategy(in: domain), device: "fake0")
  }

  @Test func `reports each region with its keys and leaves nothing`() throws {
    let left = try FakeDevice.run {
      let plan = try plan()
      let buffer = try plan.makeBuffer()
      var run = try run(plan)
      try run.registerAll(in: buffer)
      #expect(FakeDevice.live.regions == 3)
      try run.releaseAll()
      #expect(run.report.regions.map(\.lengthBytes) == [4096, 4096, 4096])
      #expect(run.report.regions.map { $0.address - buffer.range.start } == [1, 8193, 16385])
      #expect(run.report.expectedPages == 6)
      #expect(run.report.regions.allSatisfy { $0.deregisterNs != nil })
    }
    #expect(left == FakeDevice.Live())
  }

  @Test(arguments: [0, 1, 2] as [Int32], [Errno.ENOMEM, .EPERM, .EFAULT, .EAGAIN, .EINVAL])
  func `that fails at any region leaves nothing behind`(skipped: Int32, code: Errno) throws {
    let left = try FakeDevice.run {
      FakeDevice.fail(verb: "ibv_reg_mr_iova2", code: code, after: skipped)
      let plan = try plan()
      let buffer = try plan.makeBuffer()
      var run = try run(plan)
      do {
        try run.registerAll(in: buffer)
        Issue.record("region \(skipped) should have failed")
      } catch let error as RegistrationError {
        #expect(error.code == code)
        let failure = run.failure(error)
        #expect(
          failure.message.hasPrefix("cannot register 4096 bytes by verbs (ibv_reg_mr_iova2): ")
        )
        #expect(failure.status == (code == .EPERM ? .notPermitted : .refused))
        #expect(FakeDevice.live.regions == 0)
      }
    }
    #expect(left == FakeDevice.Live())
  }

  @Test func `that fails to release one region still releases the others`() throws {
    let left = try FakeDevice.run {
      let plan = try plan()
      let buffer = try plan.makeBuffer()
      var run = try run(plan)
      try run.registerAll(in: buffer)
      FakeDevice.fail(verb: "ibv_dereg_mr", code: .EBUSY, after: 1)
      do {
        try run.releaseAll()
        Issue.record("the second release should have failed")
      } catch let error as RegistrationError {
        #expect(error.phase == .release)
        #expect(error.code == .EBUSY)
        _ = run.failure(error)
      }
    }
    // The kernel keeps the region that it refused to release; nothing else stays.
    #expect(left == FakeDevice.Live(regions: 1))
  }

  @Test(arguments: ["ibv_open_device", "ibv_alloc_pd"])
  func `that cannot begin leaves nothing`(verb: String) throws {
    let left = try FakeDevice.run {
      FakeDevice.fail(verb: verb, code: .ENOMEM)
      let plan = try plan()
      #expect(throws: VerbsError(verb, code: .ENOMEM)) { _ = try run(plan) }
    }
    #expect(left == FakeDevice.Live())
  }

  @Test(arguments: [(0, UInt64(4096)), (-1, 4096), (2, UInt64(Int64.max))])
  func `is refused for counts and sizes that no address space holds`(count: Int, size: UInt64) {
    #expect(throws: CommandFailure.self) {
      _ = try RegisterPlan(
        size: size,
        offset: 0,
        count: count,
        kind: .anonymous,
        access: [.localWrite]
      )
    }
  }
}
