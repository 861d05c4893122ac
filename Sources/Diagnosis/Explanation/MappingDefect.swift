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
    /// The first page of a range that a userfaultfd protects against writing.
    var firstProtected: (AddressRange) -> UInt64?
    /// Whether another huge page of a size cannot be had.
    var isShort: (HugePageSize) -> Bool
  }

  /// All defects of `range` by ascending address, one for each mapping at most.
  ///
  /// `areas` ascend and have flags; `rules` are those of the kernel that is to pin.
  static func find(
    in range: AddressRange,
    areas: [VirtualMemoryArea],
    forWriting: Bool,
    rules: KernelBehaviour,
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
      let found =
        barred(part, by: area, forWriting, rules, facts)
        ?? places(in: part, of: area, forWriting, rules, facts).min { $0.address < $1.address }
      if let found { defects.append(found) }
      next = area.range.end
    }
    if next < range.end { defects.append(MappingDefect(cause: .hole, address: next, area: nil)) }
    return defects
  }

  // What keeps the whole mapping from being pinned. Pins by force break copy-on-write, which shared memory has none of.
  private static func barred(
    _ part: AddressRange,
    by area: VirtualMemoryArea,
    _ forWriting: Bool,
    _ rules: KernelBehaviour,
    _ facts: Facts
  ) -> MappingDefect? {
    func here(_ cause: FailureCause) -> MappingDefect {
      MappingDefect(cause: cause, address: part.start, area: area)
    }
    if area.path.hasPrefix("/secretmem") { return here(.secretMemory) }
    if area.has(.inputOutput) || area.has(.pageFrames) || area.path == "[vsyscall]" {
      return here(MappingDriver(area)?.isExporter == true ? .deviceMemory : .specialMapping)
    }
    if forWriting && !area.isWritable {
      return here(area.isReadable ? .notWritable : .notReadable)
    }
    let isForced = !forWriting && rules.writesToPinReadOnly
    let canBeForced = isForced && !area.isShared && area.has(.mayWrite)
    if !area.isReadable && !area.isWritable && !canBeForced { return here(.notReadable) }
    if !forWriting && !area.isReadable && !isForced { return here(.notReadable) }
    if isForced && area.isShared && !area.isWritable { return here(.readOnlyShared) }
    guard let file = facts.file(area) else { return nil }
    if file.isDirectAccess { return here(.directAccessFile) }
    return forWriting && area.isShared && file.tracksDirtyPages && rules.refusesSharedFileWrites
      ? here(.sharedFile) : nil
  }

  // Single pages of a mapping that cannot be pinned.
  private static func places(
    in part: AddressRange,
    of area: VirtualMemoryArea,
    _ forWriting: Bool,
    _ rules: KernelBehaviour,
    _ facts: Facts
  ) -> [MappingDefect] {
    var found: [MappingDefect] = []
    func note(_ cause: FailureCause, at address: UInt64?) {
      guard let address, address < part.end else { return }
      found.append(
        MappingDefect(cause: cause, address: max(part.start, address), area: area)
      )
    }
    let file = facts.file(area)
    if let file { note(.beyondEndOfFile, at: end(of: file, in: area)) }
    note(.guardRegion, at: facts.firstGuard(part))
    if area.has(.userfaultMissing) { note(.userfaultMissing, at: firstAbsent(in: part, facts)) }
    if area.has(.userfaultWriteProtect), forWriting || rules.writesToPinReadOnly {
      note(.userfaultProtected, at: facts.firstProtected(part))
    }
    // A page of a file may be in the page cache all the same.
    let isAnonymous = file?.size == nil || area.path.hasPrefix("/anon_hugepage")
    if area.has(.hugetlb), isAnonymous,
      let size = area.usage.flatMap({ HugePageSize(rawValue: $0.pageSize) }), facts.isShort(size)
    {
      note(.hugetlbPool, at: firstAbsent(in: part, facts))
    }
    return found
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
