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
  /// The limit if it is a number of regions.
  public var regionLimit: UInt64?
  /// Regions that count against `regionLimit` now.
  public var regions: UInt64?

  /// Whether it bounds what a process can pin in all, not a single region.
  public var isOfAll: Bool { kind != .regionSize }

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
