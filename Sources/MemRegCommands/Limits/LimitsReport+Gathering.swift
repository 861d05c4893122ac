import Diagnosis
import Documents
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration

extension LimitsReport {
  /// Reads process `pid`, whose limit is from `origin`, and what `devices` allow; throws ENOENT or ESRCH if it is gone,
  /// EPERM if its limit is hidden.
  init(
    ofProcess pid: Int32,
    _ origin: MemlockOrigin,
    on devices: [DeviceTraits] = []
  ) throws(SystemError) {
    let status = try ProcessStatus(ofProcess: pid)
    let capability = try LockCapability(ofProcess: pid)
    let memory = try MemoryInfo()
    let pinnable = PinnableMemory(ofProcess: pid == getpid() ? nil : pid, on: devices)
    let binding = pinnable.binding
    let hugetlbPools = HugePageSize.allCases.compactMap { size -> Pool? in
      guard let total = size.totalPages, let free = size.freePages else { return nil }
      return Pool(pageBytes: size.rawValue, totalPages: total, freePages: free)
    }
    self.init(
      pid: pid,
      process: status.name,
      userId: status.user,
      user: UserAccount(id: status.user)?.name,
      memlock: Limit(try Memlock(ofProcess: pid)),
      pinnedBytes: status.pinned,
      lockedBytes: status.locked,
      capability: Capability(
        ipcLock: capability.standing.rawValue,
        liftsLimit: capability.liftsLimit,
        explanation: capability.explanation
      ),
      limitBinds: pinnable.ofMemlock != nil,
      headroomBytes: pinnable.ofMemlock?.bytes,
      origin: Origin(origin),
      rdmaCgroups: RDMAControlGroup.all(ofProcess: pid).map { Group($0) },
      hugetlbPools: hugetlbPools,
      mappings: pinnable.bounds.first { $0.kind == .mappings }?.usedCount,
      maxMappings: MapCount.limit,
      bounds: pinnable.bounds.map { Bound($0, binds: $0 == binding) },
      pinnableBytes: binding?.bytes,
      boundBy: binding?.kind.rawValue,
      memoryTotalBytes: memory.total,
      memoryAvailableBytes: memory.available
    )
  }
}

extension LimitsReport.Limit {
  fileprivate init(_ limit: Memlock) {
    self.init(softBytes: limit.soft, hardBytes: limit.hard)
  }
}

extension LimitsReport.Origin {
  fileprivate init(_ origin: MemlockOrigin) {
    self.init(
      kind: origin.kind.rawValue,
      summary: origin.summary,
      remedy: origin.remedy(),
      setterPid: origin.setter?.pid,
      setter: origin.setter?.name,
      evidence: origin.evidence
    )
  }
}

extension LimitsReport.Bound {
  fileprivate init(_ bound: PinBound, binds: Bool) {
    self.init(
      kind: bound.kind.rawValue,
      place: bound.place,
      setting: bound.setting,
      bytes: bound.bytes,
      safeBytes: bound.safeBytes,
      limitBytes: bound.limitBytes,
      usedBytes: bound.usedBytes,
      regionLimit: bound.kind == .regions ? bound.limitCount : nil,
      regions: bound.kind == .regions ? bound.usedCount : nil,
      device: bound.device,
      limitCount: bound.limitCount,
      usedCount: bound.usedCount,
      binds: binds
    )
  }
}

extension LimitsReport.Group {
  fileprivate init(_ group: RDMAControlGroup) {
    self.init(
      group: group.group,
      device: group.device,
      handles: group.handles,
      handleLimit: group.handleLimit,
      objects: group.objects,
      objectLimit: group.objectLimit,
      isFull: group.isFull
    )
  }
}
