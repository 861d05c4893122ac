import LinuxSystem

/// The sizes of huge pages on x86-64 and of the hugetlb pools that hold them.
public enum HugePageSize: UInt64, Sendable, CaseIterable {
  case twoMebibytes = 2_097_152
  case oneGibibyte = 1_073_741_824

  /// The base-2 logarithm that `MAP_HUGETLB` takes.
  var shift: Int32 { Int32(rawValue.trailingZeroBitCount) }

  /// Huge pages free in the pool and not reserved, or `nil` where the kernel has no such pool.
  public var freePages: UInt64? {
    count("free_hugepages").map { free in free - min(free, count("resv_hugepages") ?? 0) }
  }

  /// Huge pages in the pool, or `nil` where the kernel has no such pool.
  public var totalPages: UInt64? { count("nr_hugepages") }

  /// Free pages on the NUMA nodes that the cpuset of `pid` allows, `nil` being this process; `nil` if that is hidden.
  public func freePages(ofProcess pid: Int32?) -> (pages: UInt64, nodes: Set<Int>)? {
    let path = "/proc/\(pid.map(String.init) ?? "self")/status"
    guard let status = try? TextFile.read(path),
      let nodes = PinnableZones.allowedNodes(parsing: status)
    else { return nil }
    let free = nodes.compactMap { count("free_hugepages", on: $0) }
    return free.isEmpty ? nil : (free.reduce(0) { $0.adding(clamped: $1) }, nodes)
  }

  /// Pages in the pool of a NUMA node.
  func totalPages(on node: Int) -> UInt64? { count("nr_hugepages", on: node) }

  private func count(_ file: String, on node: Int) -> UInt64? {
    let pool =
      "/sys/devices/system/node/node\(node)/hugepages/hugepages-\(rawValue / 1024)kB"
    return TextFile.firstLine("\(pool)/\(file)").flatMap { UInt64($0) }
  }

  private func count(_ file: String) -> UInt64? {
    let pool = "/sys/kernel/mm/hugepages/hugepages-\(rawValue / 1024)kB"
    return TextFile.firstLine("\(pool)/\(file)").flatMap { UInt64($0) }
  }
}
