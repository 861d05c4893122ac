import HostMemory
import LinuxSystem

/// A place in an address range that cannot be pinned, found in the mappings without asking the kernel to pin.
package struct MappingDefect: Equatable, Sendable {
  let cause: FailureCause
  /// The first address that cannot be pinned.
  let address: UInt64
  /// The mapping there, `nil` in a hole.
  let area: VirtualMemoryArea?

  /// What is known of the memory besides its mappings.
  struct Facts {
    var file: (VirtualMemoryArea) -> MappedFile?
    var isAbsent: (_ address: UInt64) -> Bool
    /// The first page of a range that is a guard region.
    var firstGuard: (AddressRange) -> UInt64?
    /// Whether another huge page of a size cannot be had.
    var isShort: (HugePageSize) -> Bool
  }

  /// All defects of `range` by ascending address, one for each mapping at most.
  ///
  /// `areas` ascend and have flags. A read-only shared mapping counts although kernels from 6.12 pin it for reading.
  static func find(
    in range: AddressRange,
    areas: [VirtualMemoryArea],
    forWriting: Bool,
    facts: Facts
  ) -> [MappingDefect] {
    var defects: [MappingDefect] = []
    var next = range.start
    for area in areas where area.range.end > next && area.range.start < range.end {
      if area.range.start > next {
        defects.append(MappingDefect(cause: .hole, address: next, area: nil))
        next = area.range.start
      }
      let part = AddressRange(start: next, length: min(area.range.end, range.end) - next)
      if let defect = defect(of: part, in: area, forWriting: forWriting, facts: facts) {
        defects.append(defect)
      }
      next = area.range.end
    }
    if next < range.end { defects.append(MappingDefect(cause: .hole, address: next, area: nil)) }
    return defects
  }

  private static func defect(
    of part: AddressRange,
    in area: VirtualMemoryArea,
    forWriting: Bool,
    facts: Facts
  ) -> MappingDefect? {
    func here(_ cause: FailureCause) -> MappingDefect {
      MappingDefect(cause: cause, address: part.start, area: area)
    }
    if area.path.hasPrefix("/secretmem") { return here(.secretMemory) }
    if area.has(.inputOutput) || area.has(.pageFrames) || area.path == "[vsyscall]" {
      return here(MappingDriver(area)?.isExporter == true ? .deviceMemory : .specialMapping)
    }
    if !area.isReadable && !(forWriting && area.isWritable) { return here(.notReadable) }
    if forWriting && !area.isWritable { return here(.notWritable) }
    let file = facts.file(area)
    if let file {
      if file.isDirectAccess { return here(.directAccessFile) }
      if forWriting && area.isShared && file.tracksDirtyPages { return here(.sharedFile) }
      if let address = end(of: file, in: area), address < part.end {
        return MappingDefect(
          cause: .beyondEndOfFile,
          address: max(part.start, address),
          area: area
        )
      }
    }
    if let address = facts.firstGuard(part) {
      return MappingDefect(cause: .guardRegion, address: address, area: area)
    }
    if area.has(.userfaultMissing), let address = firstAbsent(in: part, facts) {
      return MappingDefect(cause: .userfaultMissing, address: address, area: area)
    }
    // A page of a file may be in the page cache all the same.
    let isAnonymous = file?.size == nil || area.path.hasPrefix("/anon_hugepage")
    if area.has(.hugetlb), isAnonymous, let address = firstAbsent(in: part, facts),
      let size = area.usage.flatMap({ HugePageSize(rawValue: $0.pageSize) }), facts.isShort(size)
    {
      return MappingDefect(cause: .hugetlbPool, address: address, area: area)
    }
    return !area.isWritable && area.isShared ? here(.readOnlyShared) : nil
  }

  // The first address of `area` that lies on a page wholly past the end of `file`.
  private static func end(of file: MappedFile, in area: VirtualMemoryArea) -> UInt64? {
    guard let size = file.size else { return nil }
    let page = UInt64(BasePage.size)
    let pages = (size + page - 1) / page * page
    return area.range.start + (pages > area.offset ? pages - area.offset : 0)
  }

  private static func firstAbsent(in part: AddressRange, _ facts: Facts) -> UInt64? {
    let page = UInt64(BasePage.size)
    return stride(from: part.start / page * page, to: part.end, by: Int(page))
      .first(where: facts.isAbsent)
  }
}
