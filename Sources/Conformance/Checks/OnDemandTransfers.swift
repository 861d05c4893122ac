import Coherence
import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension KnownDefect {
  /// Transfers are right where they start at a page's first byte and each of their packets does.
  static let offsetDropped = KnownDefect(
    "rxe drops the offset in the page and reports success",
    versions: "seen on 7.2.13 and 7.3.4; by its history since on-demand paging came in 6.15",
    applies: { try OnDemandPlacement(probing: $0.domain) == .offsetDropped }
  )
}

extension Catalogue {
  static let onDemandTransfers: [Check] = [
    onDemandMemory(
      "transfers-at-page-starts-are-right",
      "A transfer that begins at a page's first byte and fits one packet moves exactly its bytes."
    ) { context, paging in
      for page in 0..<4 {
        try paging.expectCoherence(page, "page \(page)")
        let length = ProbePattern.length
        let rest = paging.seen(page, length, count: BasePage.size - length)
        try context.expect(
          "bytes of page \(page) touched behind",
          rest?.contains { $0 != 0 },
          false
        )
      }
    },
    onDemandMemory(
      "transfers-keep-their-offset",
      "A transfer that begins inside a page moves the bytes it names.",
      pages: 2,
      defect: .offsetDropped
    ) { context, paging in
      for offset in [1, 8, 100, BasePage.size - 8] {
        let sent = Array(ProbePattern.bytes(5, at: UInt64(offset)).prefix(8))
        let status = try paging.device.write(
          sent,
          to: paging.address(0, offset),
          key: paging.region.rkey
        )
        try context.expect("status of 8 bytes written at offset \(offset)", status, .success)
        let found = paging.seen(0, offset, count: 8)
        try context.expectBytes("8 bytes written at offset \(offset)", found, sent)
        let answer = try paging.device.read(
          paging.address(0, offset),
          key: paging.region.rkey,
          count: 8
        )
        try context.expectBytes("8 bytes read at offset \(offset)", answer.bytes, sent)
      }
    },
    onDemandMemory(
      "transfers-cross-pages",
      "A transfer over the border of two pages puts its bytes on both sides of it.",
      pages: 2,
      defect: .offsetDropped
    ) { context, paging in
      let start = BasePage.size - 8
      let sent = Array(ProbePattern.bytes(6, at: 0).prefix(16))
      let status = try paging.device.write(
        sent,
        to: paging.address(0, start),
        key: paging.region.rkey
      )
      try context.expect("status of 16 bytes over a border", status, .success)
      try context.expectBytes("16 bytes over a border", paging.seen(0, start, count: 16), sent)
    },
    onDemandMemory(
      "transfers-of-many-packets",
      "Two whole pages arrive as they were sent, in as many packets as the path takes.",
      pages: 2,
      defect: KnownDefect(
        "rxe drops the offset in the page, here of every packet that begins inside a page",
        versions: KnownDefect.offsetDropped.versions,
        applies: { context in
          let mtu = try CellDevice(in: context.domain).pathMTU
          return try mtu < UInt32(BasePage.size) && KnownDefect.offsetDropped.applies(context)
        }
      )
    ) { context, paging in
      let sent = (0..<32).flatMap { ProbePattern.bytes(7, at: $0) }
      let status = try paging.device.write(sent, to: paging.address(0), key: paging.region.rkey)
      try context.expect("status", status, .success)
      for page in 0..<2 {
        let part = Array(sent[page * BasePage.size..<(page + 1) * BasePage.size])
        try context.expectBytes("page \(page)", paging.seen(page, count: BasePage.size), part)
      }
    },
    onDemand(
      "this-side-too",
      "An on-demand region on the requesting side gives and takes bytes from a page's start."
    ) { context in
      let paging = try MemoryExperiment(context, .full, local: [.localWrite, .onDemand])
      for page in 0..<4 { try paging.expectCoherence(page, "page \(page) of a pinned region") }
    },
    onDemand(
      "this-side-keeps-its-offset",
      "On the requesting side too a transfer moves the bytes it names inside a page.",
      defect: .offsetDropped
    ) { context in
      let paging = try MemoryExperiment(context, .full, local: [.localWrite, .onDemand])
      let sent = Array(ProbePattern.bytes(8, at: 1).prefix(8))
      _ = try paging.device.write(
        [UInt8](repeating: 0, count: 8),
        to: paging.address(1),
        key: paging.region.rkey
      )
      let status = try paging.device.write(
        sent,
        to: paging.address(0),
        key: paging.region.rkey,
        at: 64
      )
      try context.expect("status", status, .success)
      try context.expectBytes("8 bytes from offset 64", paging.seen(0, count: 8), sent)
    },
    onDemand(
      "sends-and-receives",
      "A hundred sends from discarded pages arrive in discarded pages as they were written."
    ) { context in
      let area = try Area(pages: 4)
      let device = try CellDevice(in: context.domain, local: [.localWrite, .onDemand])
      let region = try MemoryRegion(in: context.domain, range: area.range, access: .demand)
      let view = try ProcessorView()
      for round in 0..<100 {
        try area.advise(.dontNeed)
        let bytes = ProbePattern.bytes(9, at: UInt64(round))
        let room = area.slice(round % 4..<round % 4 + 1)
        let ends = try device.send(bytes, into: room, of: region, immediate: UInt32(round))
        try context.expect("send \(round)", ends.sent, .success)
        try context.expect("receive \(round)", ends.received?.status, .success)
        try context.expect("its immediate value", ends.received?.immediate, UInt32(round))
        let arrived = AddressRange(start: room.start, length: UInt64(bytes.count))
        try context.expectBytes("bytes of send \(round)", view.read(arrived), bytes)
      }
    },
    onDemandMemory(
      "reads-and-writes-after-discards",
      "A hundred reads and writes of pages that are discarded before each are right."
    ) { context, paging in
      for round in 0..<100 {
        try paging.area.advise(.dontNeed)
        let page = round % 4
        try context.expect("write", try paging.write(page, writer: UInt8(round)), .success)
        let bytes = ProbePattern.bytes(UInt8(round), at: UInt64(page))
        try context.expectBytes("round \(round)", paging.seen(page), bytes)
        try paging.area.advise(.dontNeed)
        try paging.expectZeroes(page, "round \(round), discarded")
      }
    },
    onDemandMemory(
      "atomics",
      "Atomics act on the eight bytes they name, wherever these are in a page, present or not.",
      pages: 2
    ) { context, paging in
      let key = paging.region.rkey
      func word(_ bytes: [UInt8]?) -> UInt64 {
        (bytes ?? []).enumerated().reduce(0) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
      }
      for offset in [0, 8, 2048, BasePage.size - 8] {
        try paging.area.advise(.dontNeed)
        let place = paging.address(1, offset)
        let first = try paging.device.fetchAdd(41, to: place, key: key)
        try context.expect("fetch-add at \(offset)", first.status, .success)
        try context.expect("what it found", word(first.bytes), 0)
        let second = try paging.device.fetchAdd(1 << 40, to: place, key: key)
        try context.expect("what the next found", word(second.bytes), 41)
        let sum: UInt64 = 1 << 40 | 41
        try context.expect("the sum", word(paging.seen(1, offset, count: 8)), sum)
        let other = try paging.device.compareSwap(7, 9, at: place, key: key)
        try context.expect("compare-swap of another value", word(other.bytes), sum)
        let swap = try paging.device.compareSwap(sum, 9, at: place, key: key)
        try context.expect("compare-swap", swap.status, .success)
        try context.expect("what it left", word(paging.seen(1, offset, count: 8)), 9)
      }
    },
    onDemandMemory(
      "atomics-obey-protection",
      "An atomic on memory that the process may only read fails and leaves it as it was.",
      pages: 1
    ) { context, paging in
      let before = paging.seen(0, count: 8) ?? []
      try paging.area.protect(.read)
      let answer = try paging.device.fetchAdd(1, to: paging.address(0), key: paging.region.rkey)
      try context.expect("fetch-add", answer.status, .remoteAccess)
      try context.expectBytes("the word", paging.seen(0, count: 8), before)
    },
  ]
}
