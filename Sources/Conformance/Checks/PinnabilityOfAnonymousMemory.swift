import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration

extension Catalogue {
  static let anonymousKinds: [PinnableKind] = [
    PinnableKind("anonymous-untouched", "Anonymous memory that was never touched") { _ in
      StagedMemory(try Area(pages: 8))
    },
    PinnableKind("anonymous-zero-page", "Anonymous memory that was only read") { _ in
      let area = try Area(pages: 8)
      let word = area.read()
      guard word == 0 else {
        throw Mismatch("fresh memory", expected: "zero", observed: "0x\(String(word, radix: 16))")
      }
      return StagedMemory(area)
    },
    PinnableKind("anonymous-written", "Anonymous memory that was written") { _ in
      try StagedMemory.written()
    },
    PinnableKind(
      "anonymous-read-only",
      "Anonymous memory that the process may only read",
      writing: PinnableKind.never
    ) { _ in
      try StagedMemory.written { try $0.protect(.read) }
    },
    PinnableKind(
      "anonymous-inaccessible",
      "Anonymous memory without any permission",
      reading: { $0.writesToPinReadOnly ? nil : .EFAULT },
      writing: PinnableKind.never
    ) { _ in
      try StagedMemory.written { try $0.protect(.none) }
    },
    PinnableKind("anonymous-discarded", "Anonymous memory after MADV_DONTNEED") { _ in
      try StagedMemory.written { try $0.advise(.dontNeed) }
    },
    PinnableKind("anonymous-freed", "Anonymous memory after MADV_FREE") { _ in
      try StagedMemory.written { try $0.advise(.free) }
    },
    PinnableKind("anonymous-shared", "Shared anonymous memory") { _ in
      StagedMemory(try Area(pages: 8, shared: true))
    },
    PinnableKind("anonymous-locked", "Memory under mlock") { _ in
      try StagedMemory.written { try $0.lock() }
    },
    PinnableKind("anonymous-not-forked", "Memory under MADV_DONTFORK") { _ in
      try StagedMemory.written { try $0.advise(.dontFork) }
    },
    PinnableKind("anonymous-cold", "Memory under MADV_COLD") { _ in
      try StagedMemory.written { try $0.advise(.cold) }
    },
    PinnableKind("shared-with-child", "Memory whose pages a forked child still shares") { _ in
      let area = try Area(pages: 8)
      area.fill()
      let child = try Child { pipe in _ = try pipe.receive() }
      return StagedMemory(area.range, keep: [area, child])
    },
    PinnableKind("swapped-out", "Anonymous memory on swap", needs: [.change(.swap)]) { _ in
      let swap = try SwapDevice()
      let area = try Area(pages: 8)
      area.fill()
      try area.advise(.pageOut)
      let swapped = try PageMap().entries(in: area.range).count(where: \.isSwapped)
      guard swapped == 8 else { throw Skip("reclaim swapped \(swapped) of 8 pages out") }
      return StagedMemory(area.range, keep: [swap, area])
    },
    PinnableKind("two-mappings", "A range over two mappings side by side") { _ in
      let area = try Area(pages: 8)
      let file = try OpenFile(memfdOfPages: 4)
      let second = try Area(
        pages: 4,
        shared: true,
        descriptor: file.descriptor,
        at: area.range.start + 4 * Area.page
      )
      return StagedMemory(area.range, keep: [area, second])
    },
    PinnableKind("stack", "The stack") { _ in
      StagedMemory(ThreadStack.middle)
    },
    PinnableKind("heap", "Memory of malloc") { _ in
      let block = HeapBlock(bytes: 40_000)
      return StagedMemory(block.range, keep: [block])
    },
    PinnableKind(
      "transparent-huge",
      "A transparent huge page",
      needs: [.transparentHugePages]
    ) { _ in
      let area = try LargeArea(mebibytes: 2, hugePages: .transparent)
      return StagedMemory(area.range, keep: [area])
    },
    PinnableKind(
      "transparent-huge-part",
      "Part of a transparent huge page off its borders",
      needs: [.transparentHugePages]
    ) { _ in
      let area = try LargeArea(mebibytes: 2, hugePages: .transparent)
      return StagedMemory(area.bytes(5000, 50_000), keep: [area])
    },
    PinnableKind("hugetlb", "A hugetlb page", needs: [.hugePages(1)]) { _ in
      let area = try LargeArea(mebibytes: 2, hugePages: .hugetlb)
      return StagedMemory(area.range, keep: [area])
    },
    PinnableKind(
      "hugetlb-read-only",
      "A hugetlb page that the process may only read",
      needs: [.hugePages(1)],
      reading: { $0.pinsInaccessibleMemory ? .EFAULT : nil },
      writing: PinnableKind.never
    ) { _ in
      let area = try LargeArea(mebibytes: 2, hugePages: .hugetlb)
      try area.protectReadOnly()
      return StagedMemory(area.range, keep: [area])
    },
  ]
}
