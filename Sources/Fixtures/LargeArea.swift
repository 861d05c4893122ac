internal import CLinux
import Glibc
package import HostMemory
package import LinuxSystem

/// Much memory at little cost: huge pages, or a few pages of a memfd mapped over and over.
@safe
package final class LargeArea {
  package enum HugePages {
    case transparent
    case hugetlb
    /// Base pages, aligned and ready to be collapsed into a huge page.
    case collapsible
  }

  package let range: AddressRange
  private let mapped: AddressRange

  /// `mebibytes` of addresses behind which the same 2 MiB lie again and again.
  package init(mebibytes: Int) throws(SystemError) {
    let granule = 2 << 20
    let whole = try Area.reserve(mebibytes << 20)
    range = whole
    mapped = whole
    var descriptor: Int32 = -1
    let code = unsafe clinux_memfd("memreg-check", 0, &descriptor)
    try SystemError.check("make a memfd", code)
    defer { close(descriptor) }
    guard ftruncate(descriptor, granule) == 0 else {
      throw SystemError("size a memfd", code: Errno.current)
    }
    for offset in stride(from: 0, to: mebibytes << 20, by: granule) {
      try Area.map(
        AddressRange(start: whole.start + UInt64(offset), length: UInt64(granule)),
        descriptor: descriptor
      )
    }
  }

  /// One aligned stretch of huge pages, present; skips where those of the pool lie in ZONE_MOVABLE, which long-term
  /// pins must leave and huge pages may find no way out of.
  package init(mebibytes: Int, hugePages: HugePages) throws {
    let length = UInt64(mebibytes) << 20
    switch hugePages {
    case .hugetlb:
      var start: UnsafeMutableRawPointer?
      let code = unsafe clinux_map_huge(Int(length), 21, &start)
      try SystemError.check("map hugetlb memory", code)
      range = AddressRange(start: UInt64(UInt(bitPattern: start)), length: length)
      mapped = range
    case .transparent, .collapsible:
      let huge: UInt64 = 2 << 20
      mapped = try Area.reserve(Int(length + huge))
      range = AddressRange(start: (mapped.start + huge - 1) / huge * huge, length: length)
      try Area.map(range, descriptor: -1)
      let advice = hugePages == .transparent ? Area.Advice.huge : .noHuge
      _ = unsafe madvise(Area.pointer(range.start), Int(length), advice.rawValue)
    }
    let code = unsafe clinux_populate(Area.pointer(range.start), Int(length))
    try SystemError.check("populate huge pages", code)
    let first = try PageMap().entries(in: AddressRange(start: range.start, length: 1)).first
    if hugePages == .hugetlb, let frame = first?.frame,
      MovableZone.frames.contains(where: { $0.contains(frame) })
    {
      throw Skip("the huge pages of the pool lie in ZONE_MOVABLE")
    }
  }

  /// Makes huge pages of base pages (MADV_COLLAPSE); the errno, `nil` where it works.
  package func collapse() -> Errno? {
    let start = unsafe Area.pointer(range.start)
    _ = unsafe madvise(start, Int(range.length), Area.Advice.huge.rawValue)
    let (result, code) = unsafe (
      madvise(start, Int(range.length), Area.Advice.collapse.rawValue), Errno.current
    )
    return result == 0 ? nil : code
  }

  package func bytes(_ offset: UInt64, _ length: UInt64) -> AddressRange {
    AddressRange(start: range.start + offset, length: length)
  }

  package func protectReadOnly() throws(SystemError) {
    _ = try SystemError.check(
      "protect huge pages",
      result: unsafe mprotect(Area.pointer(range.start), Int(range.length), PROT_READ)
    )
  }

  deinit { _ = unsafe munmap(Area.pointer(mapped.start), Int(mapped.length)) }
}

extension Area {
  /// Addresses without memory behind them.
  package static func reserve(_ length: Int) throws(SystemError) -> AddressRange {
    let (start, code) = unsafe (
      mmap(nil, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      Errno.current
    )
    guard unsafe start != MAP_FAILED else { throw SystemError("reserve addresses", code: code) }
    return AddressRange(start: UInt64(UInt(bitPattern: start)), length: UInt64(length))
  }

  /// Gives reserved addresses back.
  package static func release(_ range: AddressRange) {
    _ = unsafe munmap(pointer(range.start), Int(range.length))
  }

  /// Maps memory over reserved addresses: a file from its beginning, shared, or private anonymous memory.
  package static func map(_ range: AddressRange, descriptor: Int32) throws(SystemError) {
    let kind = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED
    let (start, code) = unsafe (
      mmap(
        pointer(range.start),
        Int(range.length),
        PROT_READ | PROT_WRITE,
        kind | MAP_FIXED,
        descriptor,
        0
      ), Errno.current
    )
    guard unsafe start != MAP_FAILED else { throw SystemError("map memory", code: code) }
  }
}
