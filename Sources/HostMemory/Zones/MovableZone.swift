import LinuxSystem

/// ZONE_MOVABLE: memory that long-term pins must leave, so that registering migrates its pages first.
public enum MovableZone {
  /// Bytes managed by the zone on all nodes (/proc/zoneinfo).
  public static var bytes: UInt64 {
    pages(parsing: (try? TextFile.read("/proc/zoneinfo")) ?? "")
      .multiplied(clamped: UInt64(BasePage.size))
  }

  /// Adds up the managed pages of the movable zones in a zoneinfo text.
  public static func pages(parsing text: String) -> UInt64 {
    var isMovable = false
    var pages: UInt64 = 0
    for line in text.split(scalar: "\n") {
      let fields = line.split(scalar: " ")
      if fields.first == "Node", fields.count >= 4 { isMovable = fields[3] == "Movable" }
      if isMovable, fields.count == 2, fields[0] == "managed" {
        pages = pages.adding(clamped: UInt64(fields[1]) ?? 0)
      }
    }
    return pages
  }

  /// The page frames that the zone spans, one range for each node that has it.
  public static var frames: [Range<UInt64>] {
    frames(parsing: (try? TextFile.read("/proc/zoneinfo")) ?? "")
  }

  /// Finds the spans of the movable zones in a zoneinfo text; the kernel gives no start where nothing is present.
  public static func frames(parsing text: String) -> [Range<UInt64>] {
    var isMovable = false
    var spanned: UInt64 = 0
    var frames: [Range<UInt64>] = []
    for line in text.split(scalar: "\n") {
      let fields = line.split(scalar: " ")
      if fields.first == "Node", fields.count >= 4 { isMovable = fields[3] == "Movable" }
      guard isMovable, fields.count == 2, let value = UInt64(fields[1]) else { continue }
      if fields[0] == "spanned" { spanned = value }
      if fields[0] == "start_pfn:", spanned > 0 {
        frames.append(value..<value.adding(clamped: spanned))
      }
    }
    return frames
  }
}
