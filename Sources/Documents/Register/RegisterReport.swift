package import Diagnosis
package import MemoryRegistration

/// What `memreg register` registered, and what the kernel charged for it.
package struct RegisterReport: Codable, Equatable {
  /// One region; its keys are absent without a device.
  package struct Region: Codable, Equatable, Sendable {
    package var address: UInt64
    package var lengthBytes: UInt64
    package var lkey: UInt32?
    package var rkey: UInt32?
    package var registerNs: UInt64
    package var deregisterNs: UInt64?

    package init(
      address: UInt64,
      lengthBytes: UInt64,
      lkey: UInt32?,
      rkey: UInt32?,
      registerNs: UInt64,
      deregisterNs: UInt64? = nil
    ) {
      (self.address, self.lengthBytes, self.lkey, self.rkey) = (address, lengthBytes, lkey, rkey)
      (self.registerNs, self.deregisterNs) = (registerNs, deregisterNs)
    }
  }

  package var schema: String
  package var device: String?
  package var strategy: StrategyKind
  package var memory: String
  package var access: String
  package var regions: [Region]
  /// Base pages that the kernel is expected to charge for the regions.
  package var expectedPages: UInt64
  package var chargedBytes: UInt64
  package var vmPinBeforeBytes: Int64
  package var vmPinAfterBytes: Int64
  /// `VmPin` when every region has been released again.
  package var vmPinEndBytes: Int64?
  package var limitBytes: UInt64?
  /// Whether the limit binds this process: not if the kernel grants it CAP_IPC_LOCK.
  package var limitBinds: Bool
  package var headroomBytes: UInt64?
  package var interrupted: Bool
  /// Where on-demand transfers put their bytes, found by moving some; absent for other strategies.
  package var onDemandPlacement: OnDemandPlacement?

  package init(
    schema: String = "memreg.register/1",
    device: String?,
    strategy: StrategyKind,
    memory: String,
    access: String,
    regions: [Region] = [],
    expectedPages: UInt64 = 0,
    chargedBytes: UInt64 = 0,
    vmPinBeforeBytes: Int64 = 0,
    vmPinAfterBytes: Int64 = 0,
    vmPinEndBytes: Int64? = nil,
    limitBytes: UInt64? = nil,
    limitBinds: Bool = true,
    headroomBytes: UInt64? = nil,
    interrupted: Bool = false,
    onDemandPlacement: OnDemandPlacement?
  ) {
    (self.schema, self.device, self.strategy, self.memory) = (schema, device, strategy, memory)
    (self.access, self.regions, self.expectedPages) = (access, regions, expectedPages)
    (self.chargedBytes, self.vmPinBeforeBytes) = (chargedBytes, vmPinBeforeBytes)
    (self.vmPinAfterBytes, self.vmPinEndBytes) = (vmPinAfterBytes, vmPinEndBytes)
    (self.limitBytes, self.limitBinds) = (limitBytes, limitBinds)
    (self.headroomBytes, self.interrupted) = (headroomBytes, interrupted)
    self.onDemandPlacement = onDemandPlacement
  }
}

extension RegisterReport {
  /// Takes `VmPin` with every region registered: the charge, and what is left of the limit.
  package mutating func account(vmPinAfterBytes after: Int64) {
    vmPinAfterBytes = after
    chargedBytes = UInt64(clamping: after - vmPinBeforeBytes)
    headroomBytes = limitBytes.map { $0 - min($0, UInt64(clamping: after)) }
  }
}
