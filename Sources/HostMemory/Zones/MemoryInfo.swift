public import LinuxSystem

/// The lines of /proc/meminfo that decide whether memory can be pinned, in bytes.
public struct MemoryInfo: Equatable, Sendable {
  /// All memory of the machine (`MemTotal`).
  public var total: UInt64 = 0
  /// Memory that can be had without swapping (`MemAvailable`).
  public var available: UInt64 = 0
  /// Memory set aside for contiguous allocation, which long-term pins must leave (`CmaTotal`).
  public var contiguousTotal: UInt64 = 0
  /// Swap space that is free (`SwapFree`).
  public var swapFree: UInt64 = 0
  /// The most memory that may be promised if overcommitting is off (`CommitLimit`).
  public var commitLimit: UInt64 = 0
  /// Memory that is promised (`Committed_AS`).
  public var committed: UInt64 = 0

  /// Reads /proc/meminfo.
  public init() throws(SystemError) { self.init(parsing: try TextFile.read("/proc/meminfo")) }

  /// Reads the text of a meminfo file; absent lines stay zero.
  public init(parsing text: String) {
    for line in text.split(scalar: "\n") {
      let fields = line.split(scalar: " ")
      guard fields.count >= 2, let value = UInt64(fields[1]) else { continue }
      switch fields[0] {
      case "MemTotal:": total = value.multiplied(clamped: 1024)
      case "MemAvailable:": available = value.multiplied(clamped: 1024)
      case "CmaTotal:": contiguousTotal = value.multiplied(clamped: 1024)
      case "SwapFree:": swapFree = value.multiplied(clamped: 1024)
      case "CommitLimit:": commitLimit = value.multiplied(clamped: 1024)
      case "Committed_AS:": committed = value.multiplied(clamped: 1024)
      default: continue
      }
    }
  }
}
