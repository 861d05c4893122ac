import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// Where regions begin and end, which page is which, and who may use a key: what a driver's own tables must get right.
  static let dataEdges: [Check] = regionEdges + pageTables + localKeys

  private static let regionEdges: [Check] = [
    onMemory(
      "data.region-inside-a-page",
      "A region that starts inside a page carries the bytes at its addresses, wherever it ends."
    ) { context, memory in
      let numbered = memory.number()
      for (offset, length) in [(8, 100), (4090, 100), (1, 4096), (100, 8000), (4095, 4098)] {
        let what = "\(length) bytes at \(offset)"
        let region = try context.register(memory.area.bytes(UInt64(offset), UInt64(length)))
        let all = try memory.device.read(region.range.start, key: region.rkey, count: length)
        try context.expect("read of \(what)", all.status, .success)
        try context.expectBytes(what, all.bytes, Array(numbered[offset..<offset + length]))
        let sent = Array(ProbePattern.bytes(9, at: UInt64(offset)).prefix(64))
        let end = region.range.end - 64
        try context.expect(
          "write to the end of \(what)",
          try memory.device.write(sent, to: end, key: region.rkey),
          .success
        )
        let seen = memory.view.read(AddressRange(start: end, length: 64))
        try context.expectBytes("the last 64 of \(what)", seen, sent)
        try region.release()
        _ = memory.number()
      }
    },
    Check(
      "data.bounds-inside-a-page",
      "A region of 100 bytes inside a page ends after them, for a transfer of any length."
    ) { context in
      let memory = try MemoryExperiment(context, pages: 2, bytes: (8, 100))
      let start = memory.region.range.start
      for (offset, count, status) in [
        (0, 100, CompletionStatus.success), (99, 1, .success), (90, 16, .remoteAccess),
        (8, 100, .remoteAccess), (100, 1, .remoteAccess), (0, 101, .remoteAccess),
      ] {
        let address = start + UInt64(offset)
        let what = "\(count) bytes at \(offset)"
        try context.expect(
          "read of \(what)",
          try memory.device.read(address, key: memory.region.rkey, count: count).status,
          status
        )
        let bytes = [UInt8](repeating: 0xEE, count: count)
        try context.expect(
          "write of \(what)",
          try memory.device.write(bytes, to: address, key: memory.region.rkey),
          status
        )
      }
    },
    onMemory(
      "data.iova",
      "A region with an I/O address of its own is reached there, and not at its address."
    ) { context, memory in
      let numbered = memory.number()
      let iova: UInt64 = 0x6000_0000_0000
      let region = try context.register(memory.area.range, iova: iova)
      for (offset, count) in [(0, 64), (4090, 100), (5 * 1024, 4096)] {
        let answer = try memory.device.read(iova + UInt64(offset), key: region.rkey, count: count)
        try context.expect("read of \(count) bytes at \(offset)", answer.status, .success)
        let expected = Array(numbered[offset..<offset + count])
        try context.expectBytes("\(count) bytes at \(offset)", answer.bytes, expected)
      }
      let there = try memory.device.read(memory.area.range.start, key: region.rkey).status
      try context.expect("read at the address", there, .remoteAccess)
      try region.release()
    },
    Check(
      "data.no-bytes-need-no-key",
      "A read or a write of no bytes succeeds, whatever its key and address."
    ) { context in
      let device = try CellDevice(in: context.domain)
      let read = try device.read(0, key: 0, count: 0).status
      try context.expect("read of no bytes with key 0", read, .success)
      try context.expect(
        "write of no bytes with key 0",
        try device.write([], to: 0, key: 0),
        .success
      )
    },
  ]

  private static let pageTables: [Check] =
    [
      Check(
        "data.every-page-of-a-large-region",
        "In a region of 160 MiB every page is the one that its address names, around each power of two and behind it.",
        needs: [.memlock(pages: 40_960 + 4)],
        timeLimitSeconds: 300
      ) { context in
        let area = try Area(pages: 40_960)
        for page in 0..<area.pages { area[page] = UInt64(page) &* 0x9e37_79b9_7f4a_7c15 | 1 }
        let device = try CellDevice(in: context.domain)
        for first in [0, 513, 40_000] {
          let region = try context.register(area.slice(first..<area.pages))
          for page in context.telling(first..<area.pages) {
            try context.expectNumber(of: page, in: area, device, region)
          }
          try region.release()
        }
      }
    ]
    + [LargeArea.HugePages.transparent, .hugetlb]
    .map { kind in
      let name = kind == .hugetlb ? "hugetlb" : "transparent"
      return Check(
        "data.huge-pages-\(name)",
        "Every base page of \(name) huge pages is the one that its address names.",
        needs: kind == .hugetlb ? [.hugePages(2)] : [.transparentHugePages]
      ) { context in
        let large = try LargeArea(mebibytes: 4, hugePages: kind)
        let device = try CellDevice(in: context.domain)
        let view = try ProcessorView()
        let region = try context.register(large.range)
        for page in [0, 1, 2, 255, 256, 257, 511, 512, 513, 768, 1023] {
          let address = large.range.start + UInt64(page) * Area.page
          let fresh = ProbePattern.bytes(1, at: UInt64(page))
          try context.expect("page \(page): CPU writes", view.write(fresh, at: address), true)
          let answer = try device.read(address, key: region.rkey)
          try context.expect("page \(page): status", answer.status, .success)
          try context.expectBytes("page \(page): device reads", answer.bytes, fresh)
        }
        try region.release()
      }
    }

  private static let localKeys: [Check] = [
    onMemory(
      "data.local-key",
      "A local key that is nobody's, or another domain's, or too short for its bytes moves none of them."
    ) { context, memory in
      let other = try ProtectionDomain(on: context.domain.context)
      let foreign = try context.register(memory.area.range, in: other)
      let near = try context.register(memory.area.bytes(Area.page, 100))
      let remote = RemoteMemory(address: memory.address(0), rkey: memory.region.rkey)
      let scratch = memory.device.scratchRange
      let start = AddressRange(start: scratch.start, length: 64)
      let past = AddressRange(start: near.range.end - 63, length: 64)
      for (what, place, key) in [
        ("a key of nobody", start, memory.device.scratchKey ^ 1),
        ("a key of another domain", memory.probe(1), foreign.lkey),
        ("a byte past the region", past, near.lkey),
        ("a byte before it", AddressRange(start: near.range.start - 1, length: 64), near.lkey),
      ] {
        let before = memory.seen(1, count: 512) ?? []
        try context.requireError(
          "read with \(what)",
          try memory.device.read(remote, into: place, lkey: key)
        )
        try context.expectBytes("bytes after it", memory.seen(1, count: 512), before)
        try context.requireError(
          "write with \(what)",
          try memory.device.write(place, lkey: key, to: remote)
        )
        try memory.expectCoherence(0, "the connection, after \(what)")
      }
      try near.release()
      try foreign.release()
    },
    Check(
      "data.receives-need-local-write",
      "A receive into a region without local write fails and writes nothing, and so does an atomic's answer."
    ) { context in
      let memory = try MemoryExperiment(context, [.remoteRead])
      let before = memory.seen(1) ?? []
      let bytes = ProbePattern.bytes(9, at: 0)
      let ends = try memory.device.send(bytes, into: memory.probe(1), of: memory.region)
      try context.requireError("receive", ends.received?.status ?? .flushed)
      try context.expectBytes("its bytes", memory.seen(1), before)
      guard try context.hasAtomics else { return }
      let target = try MemoryExperiment(context, .full.union(.remoteAtomic), local: [])
      let add = try target.device.fetchAdd(1, to: target.address(0), key: target.region.rkey)
      try context.requireError("fetch-add", add.status)
      try context.expectBytes("its answer", add.bytes, [UInt8](repeating: 0, count: 8))
    },
    Check(
      "data.writes-need-the-right",
      "A peer writes only into a region that allows it, whatever else that allows."
    ) { context in
      for access: AccessFlags in [[], [.localWrite], [.remoteRead], [.localWrite, .remoteRead]] {
        let memory = try MemoryExperiment(context, pages: 1, access)
        let before = memory.seen(0)
        let write = try memory.write(0, writer: 5)
        try context.expect("\(access): write", write, .remoteAccess)
        try context.expectBytes("\(access): the bytes", memory.seen(0), before ?? [])
      }
      let memory = try MemoryExperiment(context, pages: 1, [.localWrite, .remoteWrite])
      try context.expect("into one that does", try memory.write(0, writer: 5), .success)
      try context.expectBytes("its bytes", memory.seen(0), ProbePattern.bytes(5, at: 0))
    },
    Check(
      "data.pair-rights",
      "A queue pair that allows no reads or no writes refuses them, whatever the key allows."
    ) { context in
      guard try !context.domain.context.isIWARP else {
        throw Skip("a connection by address has the rights of the connection manager")
      }
      let memory = try MemoryExperiment(context)
      let rights = QueuePair.access
      for (what, missing) in [("reads", AccessFlags.remoteRead), ("writes", .remoteWrite)] {
        let device = try CellDevice(in: context.domain, rights: rights.subtracting(missing))
        let read = try device.read(memory.address(0), key: memory.region.rkey).status
        let write = try device.write([1], to: memory.address(0), key: memory.region.rkey)
        try context.expect("a pair without \(what): read", read == .success, what != "reads")
        try context.expect("a pair without \(what): write", write == .success, what != "writes")
      }
    },
    onMemory(
      "data.peers-invalidate-no-region",
      "A peer's send cannot take a region's key back: the receive tells, and the region works on."
    ) { context, memory in
      let second = try context.register(memory.area.slice(2..<4))
      try memory.expectRevocationRefused("receive", of: second.rkey)
      try memory.expectCoherence(2, "the region, after that", key: second.rkey)
      try second.release()
    },
  ]
}

extension MemoryExperiment {
  /// Writes bytes that are all different into the memory; what they are.
  fileprivate func number() -> [UInt8] {
    var whole: [UInt8] = []
    for page in 0..<area.pages {
      let bytes = (0..<16).flatMap { ProbePattern.bytes(1, at: UInt64(page * 16 + $0)) }
      put(bytes, page)
      whole += bytes
    }
    return whole
  }
}

extension CheckContext {
  /// The pages of a region to look at: around each power of two from its start, and some by chance.
  fileprivate func telling(_ pages: Range<Int>) -> [Int] {
    var chosen: Set<Int> = [0, pages.count - 1]
    for shift in 0..<20 { chosen.formUnion([(1 << shift) - 1, 1 << shift, (1 << shift) + 1]) }
    for _ in 0..<64 { chosen.insert(Int(random.next() % UInt64(pages.count))) }
    return chosen.filter { $0 < pages.count }.sorted().map { pages.lowerBound + $0 }
  }

  /// The device reads the number of `page` and that of the page behind it.
  fileprivate func expectNumber(
    of page: Int,
    in area: Area,
    _ device: borrowing CellDevice,
    _ region: Region
  ) throws {
    let start = area.slice(page..<page + 1).start
    let isLast = page == area.pages - 1
    let count = isLast ? 8 : BasePage.size + 8
    let answer = try device.read(start, key: region.rkey, count: count)
    try expect("page \(page): status", answer.status, .success)
    let whole = { (bytes: ArraySlice<UInt8>) in
      bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    try expect("number of page \(page)", whole(answer.bytes[0..<8]), area[page])
    if !isLast {
      try expect(
        "number behind page \(page)",
        whole(answer.bytes[count - 8..<count]),
        area[page + 1]
      )
    }
  }
}
