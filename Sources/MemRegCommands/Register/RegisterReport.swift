import Diagnosis
import MemoryRegistration
import Verbs

/// What `memreg register` found out; the JSON document as it stands.
struct RegisterReport: Encodable {
  struct Region: Encodable {
    var address: UInt64
    var lengthBytes: UInt64
    var lkey: UInt32?
    var rkey: UInt32?
    var registerNs: UInt64
    var deregisterNs: UInt64?
  }

  let schema = "memreg.register/1"
  var device: String?
  var strategy: StrategyKind
  var memory: String
  var access: String
  var regions: [Region] = []
  /// Base pages that the kernel is expected to charge for the regions.
  var expectedPages: UInt64 = 0
  var vmPinBeforeBytes: Int64 = 0
  var vmPinAfterBytes: Int64 = 0
  /// `VmPin` when every region has been released again.
  var vmPinEndBytes: Int64?
  var limitBytes: UInt64?
  /// Whether the limit binds this process: not where the kernel grants it CAP_IPC_LOCK.
  var limitBinds = true
  var interrupted = false
  /// Where on-demand transfers put their bytes, found by moving some; absent for other strategies.
  var onDemandPlacement: OnDemandPlacement?

  var chargedBytes: UInt64 { UInt64(clamping: vmPinAfterBytes - vmPinBeforeBytes) }

  var headroomBytes: UInt64? {
    limitBytes.map { $0 - min($0, UInt64(clamping: vmPinAfterBytes)) }
  }

  private enum CodingKeys: String, CodingKey {
    case schema, device, strategy, memory, access, regions, expectedPages, chargedBytes
    case vmPinBeforeBytes, vmPinAfterBytes, vmPinEndBytes, limitBytes, limitBinds, headroomBytes
    case interrupted, onDemandPlacement
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(device, forKey: .device)
    try container.encode(strategy.rawValue, forKey: .strategy)
    try container.encode(memory, forKey: .memory)
    try container.encode(access, forKey: .access)
    try container.encode(regions, forKey: .regions)
    try container.encode(expectedPages, forKey: .expectedPages)
    try container.encode(chargedBytes, forKey: .chargedBytes)
    try container.encode(vmPinBeforeBytes, forKey: .vmPinBeforeBytes)
    try container.encode(vmPinAfterBytes, forKey: .vmPinAfterBytes)
    try container.encode(vmPinEndBytes, forKey: .vmPinEndBytes)
    try container.encode(limitBytes, forKey: .limitBytes)
    try container.encode(limitBinds, forKey: .limitBinds)
    try container.encode(headroomBytes, forKey: .headroomBytes)
    try container.encode(interrupted, forKey: .interrupted)
    try container.encodeIfPresent(onDemandPlacement?.rawValue, forKey: .onDemandPlacement)
  }
}
