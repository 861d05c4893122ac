import LinuxSystem

/// On which NUMA nodes the pages of a process are (/proc/PID/numa_maps).
public struct NodePlacement: Equatable, Sendable {
  /// Bytes by node number.
  public var bytes: [Int: UInt64] = [:]

  /// Adds up the areas that share a byte with `range`; empty where the kernel has no numa_maps.
  public init(of range: AddressRange, ofProcess pid: Int32? = nil) {
    let path = "/proc/\(pid.map(String.init) ?? "self")/numa_maps"
    let areas = (try? VirtualMemoryArea.overlapping(range, ofProcess: pid)) ?? []
    self.init(
      parsing: (try? TextFile.read(path)) ?? "",
      starts: Set(areas.map(\.range.start))
    )
  }

  /// Adds up the lines of a numa_maps text that begin at one of `starts`.
  public init(parsing text: String, starts: Set<UInt64>) {
    for line in text.split(scalar: "\n") {
      let fields = line.split(scalar: " ")
      guard let first = fields.first, let start = UInt64(first, radix: 16), starts.contains(start)
      else { continue }
      let size = fields.last { $0.hasPrefix("kernelpagesize_kB=") }
      let page = size.flatMap { UInt64($0.dropFirst(18)) } ?? UInt64(BasePage.size) / 1024
      for field in fields.dropFirst() where field.hasPrefix("N") {
        let pair = field.dropFirst().split(scalar: "=")
        guard pair.count == 2, let node = Int(pair[0]), let pages = UInt64(pair[1]) else {
          continue
        }
        bytes[node, default: 0] = bytes[node, default: 0]
          .adding(clamped: pages.multiplied(clamped: page).multiplied(clamped: 1024))
      }
    }
  }
}
