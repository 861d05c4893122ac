/// What one process may pin, as `memreg limits` found it.
package struct LimitsReport: Codable, Equatable, Sendable {
  /// RLIMIT_MEMLOCK; a limit that is unlimited has no key.
  package struct Limit: Codable, Equatable, Sendable, FieldValue {
    @Field package var softBytes: UInt64?
    @Field package var hardBytes: UInt64?

    /// A part that a document lacks.
    package init() {}

    package init(
      softBytes: UInt64?,
      hardBytes: UInt64?
    ) {
      self.softBytes = softBytes
      self.hardBytes = hardBytes
    }
  }

  /// Who set the limit.
  package struct Origin: Codable, Equatable, Sendable, FieldValue {
    @Field package var kind: String
    @Field package var summary: String
    @Field package var remedy: String
    @Field package var setterPid: Int32?
    @Field package var setter: String?
    @Field package var evidence: [String]

    /// A part that a document lacks.
    package init() {}

    package init(
      kind: String,
      summary: String,
      remedy: String,
      setterPid: Int32?,
      setter: String?,
      evidence: [String]
    ) {
      (self.kind, self.summary, self.remedy, self.setterPid) = (kind, summary, remedy, setterPid)
      (self.setter, self.evidence) = (setter, evidence)
    }
  }

  /// The rdma control group's account of one device.
  package struct Group: Codable, Equatable, Sendable {
    @Field package var group: String
    @Field package var device: String
    @Field package var handles: UInt64
    @Field package var handleLimit: UInt64?
    @Field package var objects: UInt64
    @Field package var objectLimit: UInt64?
    @Field package var isFull: Bool

    package init(
      group: String,
      device: String,
      handles: UInt64,
      handleLimit: UInt64?,
      objects: UInt64,
      objectLimit: UInt64?,
      isFull: Bool
    ) {
      (self.group, self.device, self.handles) = (group, device, handles)
      (self.handleLimit, self.objects, self.objectLimit) = (handleLimit, objects, objectLimit)
      self.isFull = isFull
    }
  }

  /// One thing that bounds how much more can be pinned.
  package struct Bound: Codable, Equatable, Sendable {
    @Field package var kind: String
    @Field package var place: String
    @Field package var setting: String?
    @Field package var bytes: UInt64
    @Field package var safeBytes: UInt64
    @Field package var limitBytes: UInt64?
    @Field package var usedBytes: UInt64?
    @Field package var regionLimit: UInt64?
    @Field package var regions: UInt64?
    @Field package var device: String?
    /// The limit where it is a number: of regions, objects, contexts or mappings.
    @Field package var limitCount: UInt64?
    @Field package var usedCount: UInt64?
    /// Whether it is the least of those that bound all memory; absent in documents of before.
    @Field package var binds: Bool?

    package init(
      kind: String,
      place: String,
      setting: String?,
      bytes: UInt64,
      safeBytes: UInt64,
      limitBytes: UInt64?,
      usedBytes: UInt64?,
      regionLimit: UInt64? = nil,
      regions: UInt64? = nil,
      device: String? = nil,
      limitCount: UInt64? = nil,
      usedCount: UInt64? = nil,
      binds: Bool? = nil
    ) {
      (self.kind, self.place, self.setting, self.bytes) = (kind, place, setting, bytes)
      (self.safeBytes, self.limitBytes, self.usedBytes) = (safeBytes, limitBytes, usedBytes)
      (self.regionLimit, self.regions, self.device) = (regionLimit, regions, device)
      (self.limitCount, self.usedCount, self.binds) = (limitCount, usedCount, binds)
    }
  }

  /// The huge pages of one size.
  package struct Pool: Codable, Equatable, Sendable {
    @Field package var pageBytes: UInt64
    @Field package var totalPages: UInt64
    @Field package var freePages: UInt64

    package init(
      pageBytes: UInt64,
      totalPages: UInt64,
      freePages: UInt64
    ) {
      (self.pageBytes, self.totalPages, self.freePages) = (pageBytes, totalPages, freePages)
    }
  }

  /// CAP_IPC_LOCK as the kernel judges it.
  package struct Capability: Codable, Equatable, Sendable, FieldValue {
    @Field package var ipcLock: String
    @Field package var liftsLimit: Bool
    @Field package var explanation: String

    /// A part that a document lacks.
    package init() {}

    package init(
      ipcLock: String,
      liftsLimit: Bool,
      explanation: String
    ) {
      (self.ipcLock, self.liftsLimit, self.explanation) = (ipcLock, liftsLimit, explanation)
    }
  }

  /// Whether so much more can be pinned.
  package struct Need: Codable, Equatable, Sendable {
    package var bytes: UInt64
    package var holds: Bool
    /// One sentence of at most 120 characters.
    package var reason: String
    /// The numbers of a reason that had no room for them.
    package var detail: String?
    package var setBy: String?
    package var remedy: String?

    package init(
      bytes: UInt64,
      holds: Bool,
      reason: String,
      detail: String? = nil,
      setBy: String? = nil,
      remedy: String? = nil
    ) {
      (self.bytes, self.holds, self.reason, self.detail) = (bytes, holds, reason, detail)
      (self.setBy, self.remedy) = (setBy, remedy)
    }
  }

  /// How much could be registered until the kernel refused.
  package struct Probe: Codable, Equatable, Sendable {
    package var strategy: String
    package var device: String?
    package var maximumBytes: UInt64
    package var endedBy: String
    package var registrations: Int

    package init(
      strategy: String,
      device: String?,
      maximumBytes: UInt64,
      endedBy: String,
      registrations: Int
    ) {
      (self.strategy, self.device, self.maximumBytes) = (strategy, device, maximumBytes)
      (self.endedBy, self.registrations) = (endedBy, registrations)
    }
  }

  @Field package var schema: String
  @Field package var pid: Int32
  @Field package var process: String
  @Field package var userId: UInt32
  @Field package var user: String?
  @Field package var memlock: Limit
  @Field package var pinnedBytes: Int64
  @Field package var lockedBytes: UInt64
  @Field package var capability: Capability
  /// Whether the limit binds: finite, and not lifted by the capability.
  @Field package var limitBinds: Bool
  /// Bytes that may still be pinned; absent if the limit does not bind.
  @Field package var headroomBytes: UInt64?
  @Field package var origin: Origin
  @Field package var rdmaCgroups: [Group]
  @Field package var hugetlbPools: [Pool]
  /// Absent if the process hides it.
  @Field package var mappings: UInt64?
  @Field package var maxMappings: UInt64?
  /// What bounds how much more can be pinned; absent in documents of before.
  @Field package var bounds: [Bound]?
  /// The least of `bounds`.
  @Field package var pinnableBytes: UInt64?
  /// The kind of the bound that is least.
  @Field package var boundBy: String?
  @Field package var memoryTotalBytes: UInt64
  @Field package var memoryAvailableBytes: UInt64
  @Field package var need: Need?
  @Field package var probe: Probe?

  package init(
    schema: String = "memreg.limits/1",
    pid: Int32,
    process: String,
    userId: UInt32,
    user: String?,
    memlock: Limit,
    pinnedBytes: Int64,
    lockedBytes: UInt64,
    capability: Capability,
    limitBinds: Bool,
    headroomBytes: UInt64?,
    origin: Origin,
    rdmaCgroups: [Group],
    hugetlbPools: [Pool],
    mappings: UInt64?,
    maxMappings: UInt64?,
    bounds: [Bound]?,
    pinnableBytes: UInt64?,
    boundBy: String?,
    memoryTotalBytes: UInt64,
    memoryAvailableBytes: UInt64,
    need: Need? = nil,
    probe: Probe? = nil
  ) {
    (self.schema, self.pid, self.process, self.userId) = (schema, pid, process, userId)
    (self.user, self.memlock, self.pinnedBytes) = (user, memlock, pinnedBytes)
    (self.lockedBytes, self.capability, self.limitBinds) = (lockedBytes, capability, limitBinds)
    (self.headroomBytes, self.origin, self.rdmaCgroups) = (headroomBytes, origin, rdmaCgroups)
    (self.hugetlbPools, self.mappings, self.maxMappings) = (hugetlbPools, mappings, maxMappings)
    (self.bounds, self.pinnableBytes, self.boundBy) = (bounds, pinnableBytes, boundBy)
    (self.memoryTotalBytes, self.memoryAvailableBytes) = (memoryTotalBytes, memoryAvailableBytes)
    (self.need, self.probe) = (need, probe)
  }
}
