public import LinuxSystem

/// What a range of memory is made of, as far as it bears on pinning it.
public struct MemoryInspection: Equatable, Sendable {
  /// The mappings of the range, by ascending address.
  public let areas: [VirtualMemoryArea]
  /// The file behind the first mapping.
  public let file: MappedFile?
  /// Bytes of the mappings in memory, hugetlb included.
  public let residentBytes: UInt64
  /// Bytes in transparent huge pages.
  public let transparentHugeBytes: UInt64
  /// Bytes by NUMA node.
  public let nodes: [Int: UInt64]

  /// Inspects `range` of `pid`, `nil` being this process; throws ENOENT or EACCES.
  public init(of range: AddressRange, ofProcess pid: Int32? = nil) throws(SystemError) {
    areas = try VirtualMemoryArea.overlapping(range, ofProcess: pid, detail: .smaps)
    file = areas.first.flatMap { MappedFile(behind: $0, ofProcess: pid) }
    residentBytes = areas.reduce(0) { $0 + ($1.usage?.resident ?? 0) + ($1.usage?.hugetlb ?? 0) }
    transparentHugeBytes = areas.reduce(0) { $0 + ($1.usage?.transparentHuge ?? 0) }
    nodes = NodePlacement(of: range, ofProcess: pid).bytes
  }

  /// The sizes of the pages that back the mappings, ascending.
  public var pageSizes: [UInt64] { Set(areas.compactMap { $0.usage?.pageSize }).sorted() }
}
