/// One thing that bounds how much more a process can pin.
public struct PinBound: Equatable, Sendable {
  /// What bounds.
  public enum Kind: String, Sendable, CaseIterable {
    case memlock
    case memoryControlGroup = "memory_cgroup"
    case memory
    case addressSpace = "address_space"
    case dataSize = "data_size"
    case commitLimit = "commit_limit"
    case regions
    case regionSize = "region_size"
    case objects = "rdma_objects"
    case contexts = "rdma_contexts"
    case mappings
    case hugetlbControlGroup = "hugetlb_cgroup"

    /// Whether it bounds memory that is yet to be mapped or brought in, registered or not.
    var isOfNewMemory: Bool {
      switch self {
      case .memory, .memoryControlGroup, .addressSpace, .dataSize, .commitLimit, .mappings: true
      case .memlock, .regions, .regionSize, .objects, .contexts, .hugetlbControlGroup: false
      }
    }
  }

  /// Which kind.
  public let kind: Kind
  /// Where the bound is set: a limit's name, a control group, "this machine".
  public let place: String
  /// The file or the option that sets it, if there is one.
  public let setting: String?
  /// Bytes that can be pinned anew; at the edge the kernel's own needs decide.
  public let bytes: UInt64
  /// Bytes of `bytes` that need neither swap nor luck.
  public let safeBytes: UInt64
  /// Bytes beyond which nothing can be pinned, whatever the kernel spends on it.
  public let mostBytes: UInt64
  /// The limit itself in bytes, if it is one number.
  public let limitBytes: UInt64?
  /// Bytes that count against it now.
  public let usedBytes: UInt64?
  /// The limit if it is a number: of regions, objects, contexts or mappings.
  public var limitCount: UInt64?
  /// How many count against `limitCount` now.
  public var usedCount: UInt64?
  /// The device that it is of, if it is of one.
  public var device: String?
  /// Whether other devices are not bound by it.
  public var isOfOneDevice = false

  /// Whether it bounds what a process can pin in all, not a single region, one kind of memory, or one device of several.
  public var isOfAll: Bool {
    kind != .regionSize && kind != .hugetlbControlGroup && !isOfOneDevice
  }

  /// States a bound.
  public init(
    _ kind: Kind,
    place: String,
    setting: String? = nil,
    bytes: UInt64,
    safeBytes: UInt64? = nil,
    mostBytes: UInt64? = nil,
    limitBytes: UInt64? = nil,
    usedBytes: UInt64? = nil
  ) {
    self.kind = kind
    self.place = place
    self.setting = setting
    self.bytes = bytes
    self.safeBytes = min(safeBytes ?? bytes, bytes)
    self.mostBytes = max(mostBytes ?? bytes, bytes)
    self.limitBytes = limitBytes
    self.usedBytes = usedBytes
  }
}
