import LinuxSystem

/// How much memory long-term pins can take from the machine: what is free or can be reclaimed in zones below
/// ZONE_MOVABLE, without the blocks set aside for CMA.
public struct PinnableZones: Equatable, Sendable {
  /// Bytes that are free, or page cache and slab that the kernel can drop.
  public var reclaimable: UInt64 = 0
  /// Bytes of `reclaimable` that are sure: page cache is taken to fill CMA first.
  public var certain: UInt64 = 0
  /// Bytes of anonymous and shared memory in these zones, which swapping could move out.
  public var anonymous: UInt64 = 0
  /// Bytes that ZONE_MOVABLE manages.
  public var movable: UInt64 = 0
  /// Bytes set aside for CMA outside ZONE_MOVABLE.
  public var contiguous: UInt64 = 0

  /// Reads /proc/zoneinfo for the nodes that `pid` may allocate from, `nil` being this process.
  public init(ofProcess pid: Int32? = nil) {
    let status = try? TextFile.read("/proc/\(pid.map(String.init) ?? "self")/status")
    self.init(
      parsing: (try? TextFile.read("/proc/zoneinfo")) ?? "",
      nodes: status.flatMap { PinnableZones.allowedNodes(parsing: $0) }
    )
  }

  /// Adds up a zoneinfo text; `nodes` `nil` is all of them.
  ///
  /// Reserves are subtracted as for `MemAvailable` (`si_mem_available()`): the high watermark, what a zone keeps for
  /// allocations that could not use a higher one, and half of the page cache up to the low watermark.
  public init(parsing text: String, nodes: Set<Int>? = nil) {
    for zone in PinnableZones.zones(parsing: text)
    where nodes?.contains(zone.node) ?? true && zone.name != "Device" {
      let page = UInt64(BasePage.size)
      func value(_ name: String) -> UInt64 { zone.values[name] ?? 0 }
      let managed = value("managed")
      if zone.name == "Movable" {
        movable += managed * page
        continue
      }
      let inCMA = value("cma") - min(value("cma"), value("nr_free_cma"))
      let reserve = value("high") + zone.protection
      let free = value("nr_free_pages")
      let spare = free - min(free, value("nr_free_cma") + reserve)
      // What the reserve could not take from free pages, page cache in the same zone must.
      let debt = reserve - min(reserve, free - min(free, value("nr_free_cma")))
      let file = value("nr_zone_inactive_file") + value("nr_zone_active_file")
      let kept = min(file, max(debt, min(file / 2, value("low"))))
      let slab = value("nr_slab_reclaimable")
      let reclaimableSlab = slab - min(slab / 2, value("low"))
      let cache = file - kept
      reclaimable += (spare + cache + reclaimableSlab) * page
      certain += (spare + (cache - min(cache, inCMA)) + slab / 2) * page
      anonymous += (value("nr_zone_inactive_anon") + value("nr_zone_active_anon")) * page
      // Scratch memory of kexec handover is in blocks of CMA, and is free, without being counted as CMA.
      contiguous += max(value("cma"), value("nr_free_cma")) * page
    }
  }

  /// The nodes of the line `Mems_allowed_list` of a status file.
  static func allowedNodes(parsing status: String) -> Set<Int>? {
    let name = "Mems_allowed_list:"
    guard let line = status.split(scalar: "\n").first(where: { $0.hasPrefix(name) }) else {
      return nil
    }
    var nodes: Set<Int> = []
    for part in line.dropFirst(name.utf8.count).split(whereSeparator: { ", \t".contains($0) }) {
      let ends = part.split(scalar: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last, last < 4096 else {
        continue
      }
      nodes.formUnion(first...last)
    }
    return nodes.isEmpty ? nil : nodes
  }

  private struct Zone {
    let node: Int
    let name: Substring
    var values: [String: UInt64] = [:]
    var protection: UInt64 = 0
  }

  private static func zones(parsing text: String) -> [Zone] {
    var zones: [Zone] = []
    for line in text.split(scalar: "\n") {
      let fields = line.split { " ,()".contains($0) }
      if fields.first == "Node", fields.count >= 4 {
        zones.append(Zone(node: Int(fields[1]) ?? 0, name: fields[3]))
        continue
      }
      guard !zones.isEmpty else { continue }
      let last = zones.count - 1
      if fields.first == "protection:" {
        zones[last].protection = fields.dropFirst().compactMap { UInt64($0) }.max() ?? 0
      } else if fields.count == 2, let value = UInt64(fields[1]),
        // The per-CPU lists that follow have a line "high" of their own.
        zones[last].values[String(fields[0])] == nil
      {
        zones[last].values[String(fields[0])] = value
      }
    }
    return zones
  }
}
