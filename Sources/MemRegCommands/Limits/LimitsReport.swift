import Diagnosis
import HostMemory
import LinuxSystem
import MemoryRegistration

/// What one process may pin; the JSON document of `memreg limits` as it stands.
struct LimitsReport: Encodable {
  struct Limit: Encodable {
    let softBytes: UInt64?
    let hardBytes: UInt64?

    init(_ limit: Memlock) {
      softBytes = limit.soft
      hardBytes = limit.hard
    }

    private enum Key: String, CodingKey {
      case softBytes, hardBytes
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(softBytes, forKey: .softBytes)
      try container.encode(hardBytes, forKey: .hardBytes)
    }
  }

  struct Origin: Encodable {
    let kind: String
    let summary: String
    let remedy: String
    let setterPid: Int32?
    let setter: String?
    let evidence: [String]
    let source: MemlockOrigin

    private enum CodingKeys: String, CodingKey {
      case kind, summary, remedy, setterPid, setter, evidence
    }

    init(_ origin: MemlockOrigin) {
      source = origin
      kind = origin.kind.rawValue
      summary = origin.summary
      remedy = origin.remedy()
      setterPid = origin.setter?.pid
      setter = origin.setter?.name
      evidence = origin.evidence
    }
  }

  struct Group: Encodable {
    let group: String
    let device: String
    let handles: UInt64
    let handleLimit: UInt64?
    let objects: UInt64
    let objectLimit: UInt64?
    let isFull: Bool

    init(_ group: RDMAControlGroup) {
      self.group = group.group
      device = group.device
      handles = group.handles
      handleLimit = group.handleLimit
      objects = group.objects
      objectLimit = group.objectLimit
      isFull = group.isFull
    }
  }

  struct Pool: Encodable {
    let pageBytes: UInt64
    let totalPages: UInt64
    let freePages: UInt64
  }

  struct Capability: Encodable {
    let ipcLock: String
    let liftsLimit: Bool
    let explanation: String
  }

  struct Need: Encodable {
    let bytes: UInt64
    let holds: Bool
    let reason: String
  }

  struct Probe: Encodable {
    let strategy: String
    let device: String?
    let maximumBytes: UInt64
    let endedBy: String
    let registrations: Int
  }

  let schema = "memreg.limits/1"
  let pid: Int32
  let process: String
  let userId: UInt32
  let user: String?
  let memlock: Limit
  let pinnedBytes: Int64
  let lockedBytes: UInt64
  let capability: Capability
  /// Whether the limit binds: finite, and not lifted by the capability.
  let limitBinds: Bool
  /// Bytes that may still be pinned; absent where the limit does not bind.
  let headroomBytes: UInt64?
  let origin: Origin
  let rdmaCgroups: [Group]
  let hugetlbPools: [Pool]
  let mappings: UInt64?
  let maxMappings: UInt64?
  let memoryTotalBytes: UInt64
  let memoryAvailableBytes: UInt64
  var need: Need?
  var probe: Probe?
}

extension LimitsReport {
  /// Reads process `pid`; throws ENOENT or ESRCH where it is gone, EPERM where its limit is hidden.
  init(ofProcess pid: Int32) throws(SystemError) {
    let status = try ProcessStatus(ofProcess: pid)
    let budget = try PinBudget(ofProcess: pid)
    let capability = try LockCapability(ofProcess: pid)
    let memory = try MemoryInfo()
    self.pid = pid
    process = status.name
    userId = status.user
    user = UserAccount(id: status.user)?.name
    memlock = Limit(try Memlock(ofProcess: pid))
    pinnedBytes = status.pinned
    lockedBytes = status.locked
    self.capability = Capability(
      ipcLock: capability.standing.rawValue,
      liftsLimit: capability.liftsLimit,
      explanation: capability.explanation
    )
    limitBinds = budget.limitPages != nil
    headroomBytes = budget.headroomPages.map { $0 * UInt64(BasePage.size) }
    origin = Origin(try MemlockOrigin(ofProcess: pid))
    rdmaCgroups =
      ControlGroup(ofProcess: pid).map { RDMAControlGroup.all(above: $0) }?
      .map { Group($0) } ?? []
    hugetlbPools = HugePageSize.allCases.compactMap { size in
      guard let total = size.totalPages, let free = size.freePages else { return nil }
      return Pool(pageBytes: size.rawValue, totalPages: total, freePages: free)
    }
    mappings = try? MapCount.current(ofProcess: pid)
    maxMappings = MapCount.limit
    memoryTotalBytes = memory.total
    memoryAvailableBytes = memory.available
  }
}
