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

  private func count(_ file: String) -> UInt64? {
    let pool = "/sys/kernel/mm/hugepages/hugepages-\(rawValue / 1024)kB"
    return TextFile.firstLine("\(pool)/\(file)").flatMap { UInt64($0) }
  }
}
