/// The memory limit of a control group and how much of it is in use (`mm/memcontrol.c`).
public struct MemoryControlGroup: Equatable, Sendable {
  /// The group's path.
  public let group: String
  /// The file that holds the limit.
  public let file: String
  /// The hard limit in bytes (`memory.max`).
  public let limit: UInt64
  /// Bytes charged (`memory.current`).
  public let current: UInt64
  /// Bytes that the kernel can take back without swapping: page cache on disks, and half of reclaimable slab.
  public let reclaimable: UInt64
  /// Bytes of anonymous and shared memory that the group may still swap out.
  public let swappable: UInt64

  /// Bytes that can be charged before the OOM killer is called, without swapping.
  public var free: UInt64 { limit - min(limit, current - min(current, reclaimable)) }

  /// The groups with a limit that `pid` is in, `nil` being this process; innermost first.
  public static func all(ofProcess pid: Int32? = nil) -> [MemoryControlGroup] {
    ControlGroupDirectory.all(of: "memory", ofProcess: pid).compactMap(MemoryControlGroup.init)
  }

  /// Reads a group of version 2 or 1; `nil` without a limit.
  init?(_ directory: ControlGroupDirectory) {
    func text(_ name: String) -> String? { TextFile.firstLine("\(directory.path)/\(name)") }
    func number(_ name: String) -> UInt64? { text(name).flatMap { UInt64($0) } }
    let isUnified = text("memory.max") != nil
    let limit = number(isUnified ? "memory.max" : "memory.limit_in_bytes")
    let current = number(isUnified ? "memory.current" : "memory.usage_in_bytes")
    // Version 1 writes "no limit" as the largest multiple of a page.
    guard let limit, let current, limit < 1 << 62 else { return nil }
    let statistics = (try? TextFile.read("\(directory.path)/memory.stat")) ?? ""
    // Both of version 2 are wanted: a limit of zero says that nothing may be swapped.
    let swapLimit = isUnified ? number("memory.swap.max") ?? .max : 0
    let swapUsed = number("memory.swap.current") ?? 0
    self.init(
      group: directory.group,
      file: "\(directory.path)/\(isUnified ? "memory.max" : "memory.limit_in_bytes")",
      limit: limit,
      current: current,
      statistics: statistics,
      swapHeadroom: swapLimit - min(swapLimit, swapUsed)
    )
  }

  /// Reads the text of memory.stat; the totals of version 1 cover the groups below.
  public init(
    group: String,
    file: String,
    limit: UInt64,
    current: UInt64,
    statistics: String,
    swapHeadroom: UInt64
  ) {
    var values: [Substring: UInt64] = [:]
    for line in statistics.split(scalar: "\n") {
      let fields = line.split(scalar: " ")
      if fields.count == 2, let value = UInt64(fields[1]) { values[fields[0]] = value }
    }
    func value(_ name: String) -> UInt64 { values["total_\(name)"] ?? values[Substring(name)] ?? 0 }
    self.group = group
    self.file = file
    self.limit = limit
    self.current = current
    reclaimable =
      value("inactive_file") + value("active_file") + (values["slab_reclaimable"] ?? 0) / 2
    swappable = min(swapHeadroom, value("inactive_anon") + value("active_anon"))
  }
}
