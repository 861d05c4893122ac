import Coherence
import Fixtures
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// Datagrams, gather lists and atomic writes; through pinned regions they show that the experiment is right.
  static let messages: [Check] = [
    Check(
      "data.datagrams",
      "A datagram arrives behind its header as it was sent, whether or not the header has a place of its own.",
      needs: [.datagrams]
    ) { context in
      let memory = try MemoryExperiment(context)
      try context.exchangeDatagrams(from: memory, into: memory)
      try context.receiveDatagrams(memory)
    },
    Check(
      "data.gather-lists",
      "A message gathered from two regions and scattered into two is as it was, by send, write and read."
    ) { context in
      try context.exchangeLists(try MemoryExperiment(context), try MemoryExperiment(context))
    },
    Check(
      "data.atomic-writes",
      "An atomic write puts 8 aligned bytes in place and no other; one that is not aligned or allowed, none."
    ) { context in
      try context.writeAtomically(try MemoryExperiment(context, pages: 2))
    },
    Check(
      "data.relaxed-ordering",
      "Regions with relaxed ordering carry reads, writes, sends and datagrams as others do."
    ) { context in
      let memory = try MemoryExperiment(
        context,
        .full.union(.relaxedOrdering),
        local: [.localWrite, .relaxedOrdering]
      )
      for page in 0..<4 { try memory.expectCoherence(page, "page \(page)") }
      let bytes = ProbePattern.bytes(5, at: 0)
      let ends = try memory.device.send(bytes, into: memory.probe(1), of: memory.region)
      try context.expect("send", ends.sent, .success)
      try context.expectBytes("bytes of the send", memory.seen(1), bytes)
      if try context.hasDatagrams { try context.exchangeDatagrams(from: memory, into: memory) }
    },
  ]

  static let onDemandMessages: [Check] = [
    onDemandMemory(
      "datagrams-are-sent",
      "A hundred datagrams from discarded pages arrive in a pinned region as they were written."
    ) { context, paging in
      try context.exchangeDatagrams(from: paging, into: try MemoryExperiment(context))
    },
    onDemandMemory(
      "datagrams-are-received",
      "A hundred datagrams from a pinned region arrive in discarded pages as they were written."
    ) { context, paging in
      try context.exchangeDatagrams(from: try MemoryExperiment(context), into: paging)
    },
    onDemand(
      "datagrams-behind-their-header",
      "A datagram that is received with its header in one piece lies behind it.",
      defect: .offsetDropped
    ) { context in
      try context.receiveDatagrams(try MemoryExperiment(context, .demand))
    },
    onDemandMemory(
      "mixed-with-pinned-memory",
      "A hundred messages, each partly of discarded pages and partly of pinned ones on both sides, arrive whole."
    ) { context, paging in
      try context.exchangeLists(paging, try MemoryExperiment(context))
    },
    onDemandMemory(
      "atomic-writes",
      "An atomic write acts on the 8 bytes it names, wherever these are in a page, present or not.",
      pages: 2
    ) { context, paging in
      try context.writeAtomically(paging)
      try paging.area.protect(.read)
      let before = paging.seen(0, count: 8) ?? []
      let device = try CellDevice(in: context.domain, withAtomicWrite: true)
      let status = try device.atomicWrite(1, to: paging.address(0), key: paging.region.rkey)
      try context.expect("write to a page that may only be read", status, .remoteAccess)
      try context.expectBytes("its word", paging.seen(0, count: 8), before)
    },
  ]
}

extension CheckContext {
  /// Sends datagrams between page starts, with the pages of an on-demand side discarded before each.
  fileprivate func exchangeDatagrams(
    from source: MemoryExperiment,
    into target: MemoryExperiment
  ) throws {
    let link = try DatagramLink(in: domain)
    for round in 0..<100 {
      try source.discard()
      try target.discard()
      // Every other one is of what the device alone has brought in: zeroes.
      let isWritten = round.isMultiple(of: 2) || !source.isOnDemand
      let bytes = isWritten ? ProbePattern.bytes(1, at: UInt64(round)) : MemoryExperiment.zeroes
      if isWritten { source.put(bytes, 0) }
      let ends = try link.send(
        source.probe(0),
        of: source.region,
        into: target.probe(1),
        of: target.region
      )
      try expect("datagram \(round)", ends.sent, .success)
      try expect("receive \(round)", ends.received?.status, .success)
      let length = Int(DatagramQueuePair.headerLength) + ProbePattern.length
      try expect("its bytes with the header", ends.received?.byteCount, UInt32(length))
      try expectBytes("bytes of datagram \(round)", target.seen(1), bytes)
    }
  }

  /// Receives header and datagram in one piece.
  fileprivate func receiveDatagrams(_ target: MemoryExperiment) throws {
    let source = try MemoryExperiment(self)
    let link = try DatagramLink(in: domain)
    let header = Int(DatagramQueuePair.headerLength)
    for page in 0..<4 {
      let bytes = ProbePattern.bytes(3, at: UInt64(page))
      source.put(bytes, page)
      let room = AddressRange(
        start: target.address(page),
        length: UInt64(header + bytes.count)
      )
      let ends = try link.send(
        source.probe(page),
        of: source.region,
        into: room,
        of: target.region,
        headerApart: false
      )
      try expect("datagram \(page)", ends.sent, .success)
      try expect("receive \(page)", ends.received?.status, .success)
      try expectBytes("bytes behind the header", target.seen(page, header), bytes)
    }
  }

  /// Moves messages whose parts lie in both regions on either side, at page starts and within a packet.
  fileprivate func exchangeLists(_ one: MemoryExperiment, _ other: MemoryExperiment) throws {
    let remote = RemoteMemory(address: other.address(3), rkey: other.region.rkey)
    let canScatterReads = try domain.context.attributes().limits.maxSGERead > 1
    for round in 0..<100 {
      try one.discard()
      let bytes = [1, 2].map { ProbePattern.bytes($0, at: UInt64(round)) }
      one.put(bytes[0], 0)
      other.put(bytes[1], 0)
      let from: TwoPlaces = (one.probe(0), other.probe(0))
      let ends = try one.device.send(
        from,
        into: (other.probe(1), one.probe(1)),
        one.region,
        other.region
      )
      try expect("send \(round)", ends.sent, .success)
      try expect("receive \(round)", ends.received?.status, .success)
      try expectBytes("first part of send \(round)", other.seen(1), bytes[0])
      try expectBytes("second part of send \(round)", one.seen(1), bytes[1])
      let write = try one.device.write(from, one.region, other.region, to: remote)
      try expect("write \(round)", write, .success)
      let length = 2 * ProbePattern.length
      try expectBytes("write \(round)", other.seen(3, count: length), bytes[0] + bytes[1])
      guard canScatterReads else { continue }
      let read = try one.device.read(
        into: (one.probe(2), other.probe(2)),
        one.region,
        other.region,
        from: remote
      )
      try expect("read \(round)", read, .success)
      try expectBytes("first part of read \(round)", one.seen(2), bytes[0])
      try expectBytes("second part of read \(round)", other.seen(2), bytes[1])
    }
  }

  /// Writes 8 bytes at borders of a page, one value after another, and tries what must be refused.
  fileprivate func writeAtomically(_ memory: MemoryExperiment) throws {
    guard try domain.context.attributes().capabilities.contains(.atomicWrite) else {
      throw Skip("the device has no atomic writes (rxe from Linux 6.2)")
    }
    let device = try CellDevice(in: domain, withAtomicWrite: true)
    let key = memory.region.rkey
    for offset in [0, 8, 2048, BasePage.size - 8] {
      try memory.discard()
      var page = [UInt8](repeating: 0, count: BasePage.size)
      if !memory.isOnDemand { memory.put(page, 1) }
      for round in 0..<10 {
        let bytes = Array(ProbePattern.bytes(4, at: UInt64(round)).prefix(8))
        let value = bytes.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.1) << (8 * $1.0) }
        let status = try device.atomicWrite(
          value.littleEndian,
          to: memory.address(1, offset),
          key: key
        )
        try expect("write \(round) at \(offset)", status, .success)
        page.replaceSubrange(offset..<offset + 8, with: bytes)
        try expectBytes("the page after it", memory.seen(1, count: page.count), page)
      }
    }
    let before = memory.seen(1, count: BasePage.size) ?? []
    let unaligned = try device.atomicWrite(1, to: memory.address(1, 12), key: key)
    try require(
      "write at 12",
      [.remoteInvalidRequest, .remoteOperation, .remoteAccess].contains(unaligned),
      expected: "an error of the peer",
      observed: "\(unaligned)"
    )
    let outside = try device.atomicWrite(1, to: memory.address(2), key: key)
    try expect("write behind the region", outside, .remoteAccess)
    let wrong = try device.atomicWrite(1, to: memory.address(1), key: key ^ 0x10)
    try expect("write by another key", wrong, .remoteAccess)
    try expectBytes("the page after them", memory.seen(1, count: before.count), before)
  }
}

extension MemoryExperiment {
  fileprivate static let zeroes = [UInt8](repeating: 0, count: ProbePattern.length)

  fileprivate var isOnDemand: Bool { access.contains(.onDemand) }

  /// Takes the pages away where the device can follow.
  fileprivate func discard() throws {
    if isOnDemand { try area.advise(.dontNeed) }
  }
}
