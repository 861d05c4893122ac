internal import CLinux
import Fixtures
import Glibc
import HostMemory
import LinuxSystem

/// The memory of a cell, with room of its own before and behind; what is left of it goes with the process.
final class CellMemory {
  static let huge = HugePageSize.twoMebibytes.rawValue
  /// Two huge pages, so that one can be cut off.
  static let length = 2 * huge

  let kind: CoherenceMemory
  let range: AddressRange
  /// The file behind the memory, where there is one.
  let file: OpenFile?
  /// The heap that the memory is a block of, where it is one.
  let heap: CellHeap?

  /// Maps and touches memory of `kind`; skips where this machine has none.
  init(_ kind: CoherenceMemory, _ fileSystem: ScratchFileSystem?) throws {
    self.kind = kind
    heap = nil
    switch kind {
    case .file:
      file = try fileSystem?.makeFile(pages: Int(CellMemory.length) / BasePage.size)
    case .memfd:
      file = try OpenFile(memfdOfPages: Int(CellMemory.length) / BasePage.size)
    default:
      file = nil
    }
    if kind == .hugetlb {
      let needed = 2 * CellMemory.length / CellMemory.huge
      let free = HugePageSize.twoMebibytes.freePages ?? 0
      guard free >= needed else {
        throw Skip("needs \(needed) free huge pages of 2 MiB, the pool has \(free)")
      }
    }
    range = AddressRange(start: try CellMemory.reserve(), length: CellMemory.length)
    try map()
  }

  /// The memory of a cell: its own mapping, or a block of the heap for what happens there.
  static func make(for cell: CoherenceCell, _ fileSystem: ScratchFileSystem?) throws -> CellMemory {
    guard cell.operation == .heapReuse || cell.operation == .heapTrim else {
      return try CellMemory(cell.memory, fileSystem)
    }
    return CellMemory(in: try CellHeap(trimming: cell.operation == .heapTrim))
  }

  private init(in heap: CellHeap) {
    kind = .anonymous
    file = nil
    self.heap = heap
    range = AddressRange(start: heap.start, length: CellMemory.length)
  }

  /// Where the bytes are looked at: the start of the first page, of one in the middle and of the last.
  var probes: [UInt64] {
    [0, CellMemory.huge + 5 * Area.page, CellMemory.length - Area.page]
  }

  /// The addresses of a probe.
  func probe(_ offset: UInt64) -> AddressRange {
    AddressRange(start: range.start + offset, length: UInt64(ProbePattern.length))
  }

  /// Maps the memory at its addresses, in place of what is there.
  func map() throws {
    let area: Area
    switch kind {
    case .anonymous, .transparentHuge:
      area = try Area(pages: pages, at: range.start)
      let advice = kind == .anonymous ? Area.Advice.noHuge : .huge
      if area.adviceResult(advice) != nil, kind == .transparentHuge {
        throw Skip("this kernel has no transparent huge pages")
      }
    case .hugetlb:
      area = try Area(pages: pages, at: range.start, type: MAP_PRIVATE | CLINUX_MAP_HUGETLB)
    case .memfd, .file:
      area = try Area(
        pages: pages,
        shared: true,
        descriptor: file?.descriptor ?? -1,
        at: range.start
      )
    }
    CellMemory.keep(area)
    guard kind != .file else { return }
    for page in 0..<pages { area[page] = 0 }
  }

  var pages: Int { Int(range.length) / BasePage.size }

  /// The addresses for calls that change what is mapped there.
  var mapping: CellRange { CellRange(range: range) }

  /// Addresses that nothing else uses, with a free neighbourhood of the same size on both sides.
  static func reserve() throws(SystemError) -> UInt64 {
    let area = try Area(
      pages: Int(4 * length) / BasePage.size,
      .none,
      type: MAP_PRIVATE | MAP_NORESERVE
    )
    keep(area)
    return (area.range.start + length + huge - 1) / huge * huge
  }

  /// Areas unmap themselves, and what a cell does to its memory must last until its process ends.
  private static func keep(_ area: Area) { _ = unsafe Unmanaged.passRetained(area) }
}
