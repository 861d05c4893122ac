import Diagnosis
import Documents
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// One run of `memreg register`: the regions that are live and the report that grows with them.
struct RegisterRun {
  private let plan: RegisterPlan
  private let strategy: any RegistrationStrategy
  private var live: [HeldRegistration] = []
  private(set) var report: RegisterReport

  init(
    plan: RegisterPlan,
    strategy: any RegistrationStrategy,
    device: String?,
    placement: OnDemandPlacement? = nil
  ) {
    self.plan = plan
    self.strategy = strategy
    report = RegisterReport(
      device: device,
      strategy: strategy.kind,
      memory: plan.kind.name,
      access: plan.access.description,
      onDemandPlacement: placement
    )
  }

  /// Registers region after region until all are live or a signal asks to stop.
  mutating func registerAll(in buffer: borrowing HostBuffer) throws {
    let limit = try Memlock()
    report.limitBytes = limit.soft
    report.limitBinds = try DeviceTraits.limitBinds(
      on: strategy.kind == .verbs ? report.device : nil
    )
    report.vmPinBeforeBytes = try ProcessStatus().pinned
    for index in 0..<plan.count {
      if Interruption.isRequested {
        report.interrupted = true
        break
      }
      let range = plan.range(index, in: buffer)
      let start = MonotonicClock.now
      let registration = try strategy.register(range, access: plan.access)
      let end = MonotonicClock.now
      report.regions.append(
        RegisterReport.Region(
          address: range.start,
          lengthBytes: range.length,
          lkey: registration.lkey,
          rkey: registration.rkey,
          registerNs: end - start
        )
      )
      report.expectedPages += strategy.chargedPages(for: range, of: plan.kind)
      live.append(HeldRegistration(registration))
    }
    report.account(vmPinAfterBytes: try ProcessStatus().pinned)
  }

  /// Releases every region, in the order of registration.
  mutating func releaseAll() throws {
    for (index, registration) in live.enumerated() {
      let start = MonotonicClock.now
      try registration.release()
      report.regions[index].deregisterNs = MonotonicClock.now - start
    }
    live.removeAll()
    report.vmPinEndBytes = try ProcessStatus().pinned
  }

  /// Says why `error` came about and releases what is live.
  mutating func failure(_ error: RegistrationError, isVerbose: Bool = false) -> CommandFailure {
    let explainer = Explainer(
      device: report.device.map { DeviceTraits(opening: $0) },
      probe: RegistrationProbe(strategy)
    )
    // By what is read and tried while everything is still registered.
    let explanation = explainer.explain(error)
    live.removeAll()
    return CommandFailure(error, explained: explanation, isVerbose: isVerbose)
  }
}
