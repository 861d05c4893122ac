import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// RDMA through regions: what arrives, what is refused, and that the connection works afterwards.
  static let dataPath: [Check] = dataTransfers + dataRefusals

  /// A check of four pages of registered memory and a device that reads and writes them.
  static func onMemory(
    _ name: String,
    _ promise: String,
    _ body: @escaping @Sendable (CheckContext, MemoryExperiment) throws -> Void
  ) -> Check {
    Check(name, promise) { context in try body(context, try MemoryExperiment(context)) }
  }

  private static let dataTransfers: [Check] = [
    onMemory(
      "data.reads-bring-the-bytes",
      "An RDMA READ brings the bytes that it names, whatever their offset and length."
    ) { context, memory in
      let whole = (0..<64).flatMap { ProbePattern.bytes(1, at: $0) }
      for page in 0..<4 {
        let part = whole[page * BasePage.size..<(page + 1) * BasePage.size]
        memory.put(Array(part), page)
      }
      for (offset, count) in DataShape.all {
        let answer = try memory.device.read(
          memory.address(0, offset),
          key: memory.region.rkey,
          count: count
        )
        try context.expect("\(count) bytes from \(offset)", answer.status, .success)
        let expected = Array(whole[offset..<offset + count])
        try context.expectBytes("\(count) bytes from \(offset)", answer.bytes, expected)
      }
    },
    Check(
      "data.writes-stay-inside",
      "An RDMA WRITE changes the bytes that it names and no other."
    ) { context in
      let memory = try MemoryExperiment(context) { area in
        for page in 0..<4 { area[page] = 0 }
      }
      for (offset, count) in DataShape.all {
        let sent = (0..<64).flatMap { ProbePattern.bytes(2, at: $0) }.prefix(count)
        let status = try memory.device.write(
          Array(sent),
          to: memory.address(0, offset),
          key: memory.region.rkey
        )
        try context.expect("\(count) bytes to \(offset)", status, .success)
        var expected = [UInt8](repeating: 0, count: 4 * BasePage.size)
        expected.replaceSubrange(offset..<offset + count, with: sent)
        var seen: [UInt8] = []
        for page in 0..<4 { seen += memory.seen(page, count: BasePage.size) ?? [] }
        try context.expectBytes("all bytes after \(count) to \(offset)", seen, expected)
        for page in 0..<4 { memory.put([UInt8](repeating: 0, count: BasePage.size), page) }
      }
    },
    onMemory(
      "data.sends-fill-receives",
      "A send fills the receive that waits, tells how many bytes came, and carries its 32 bits."
    ) { context, memory in
      let room = AddressRange(start: memory.address(1), length: 512)
      let bytes = ProbePattern.bytes(3, at: 0)
      let ends = try memory.device.send(
        bytes,
        into: room,
        of: memory.region,
        immediate: memory.device.carriesImmediates ? 0xA1B2_C3D4 : nil
      )
      try context.expect("send", ends.sent, .success)
      try context.expect("receive", ends.received?.status, .success)
      try context.expect("bytes received", ends.received?.byteCount, UInt32(bytes.count))
      if memory.device.carriesImmediates {
        try context.expect("the 32 bits", ends.received?.immediate, 0xA1B2_C3D4)
      }
      try context.expectBytes("bytes", memory.seen(1), bytes)
    },
    Check(
      "data.atomics",
      "Fetch-add and compare-swap return what was there, and swap only what they expected.",
      needs: [.atomics]
    ) { context in
      let memory = try MemoryExperiment(context, .full.union(.remoteAtomic)) { $0[0] = 41 }
      let key = memory.region.rkey
      let first = try memory.device.fetchAdd(1 << 40, to: memory.address(0), key: key)
      try context.expect("fetch-add", first.status, .success)
      try context.expectBytes("what it found", first.bytes, [41, 0, 0, 0, 0, 0, 0, 0])
      try context.expect("the sum", memory.area[0], 1 << 40 | 41)
      let other = try memory.device.compareSwap(41, 9, at: memory.address(0), key: key)
      try context.expect("compare-swap of another value", other.status, .success)
      try context.expect("the word", memory.area[0], 1 << 40 | 41)
      let swap = try memory.device.compareSwap(1 << 40 | 41, 9, at: memory.address(0), key: key)
      try context.expect("compare-swap", swap.status, .success)
      try context.expect("the word then", memory.area[0], 9)
    },
    onMemory(
      "data.overlapping-regions",
      "Two regions over the same page see each other's writes, and one ends without the other."
    ) { context, memory in
      let second = try context.register(memory.area.slice(0..<2))
      let status = try memory.write(1, writer: 4, key: second.rkey)
      try context.expect("write through the second", status, .success)
      try memory.expectRead(1, ProbePattern.bytes(4, at: 1), "read through the first")
      try second.release()
      try memory.expectCoherence(1, "the first, alone")
      try memory.expectFailure(1, "the second, released", key: second.rkey)
    },
  ]

  private static let dataRefusals: [Check] = [
    Check(
      "data.access-is-obeyed",
      "A peer can do what the region allows and nothing else (IBV_WC_REM_ACCESS_ERR)."
    ) { context in
      for access: AccessFlags in [
        [], [.localWrite], [.remoteRead], [.localWrite, .remoteWrite],
        [.localWrite, .remoteAtomic], [.localWrite, .remoteRead, .remoteWrite],
        [.localWrite, .remoteRead, .remoteWrite, .remoteAtomic],
      ] {
        let memory = try MemoryExperiment(context, pages: 1, access)
        let before = memory.seen(0) ?? []
        func expected(_ flag: AccessFlags) -> CompletionStatus {
          access.contains(flag) ? .success : .remoteAccess
        }
        try context.expect("\(access): read", try memory.read(0).status, expected(.remoteRead))
        if try context.hasAtomics {
          let atomic = try memory.device.fetchAdd(0, to: memory.address(0), key: memory.region.rkey)
          try context.expect("\(access): atomic", atomic.status, expected(.remoteAtomic))
        }
        try context.expectBytes("\(access): the bytes", memory.seen(0), before)
        let write = try memory.write(0, writer: 5)
        try context.expect("\(access): write", write, expected(.remoteWrite))
        let after = access.contains(.remoteWrite) ? ProbePattern.bytes(5, at: 0) : before
        try context.expectBytes("\(access): the bytes after", memory.seen(0), after)
      }
    },
    Check(
      "data.wrong-key",
      "A key that is nobody's, or another domain's, is refused, and the connection works anew."
    ) { context in
      let access = AccessFlags.full.union(.remoteAtomic)
      let memory = try MemoryExperiment(context, access)
      let other = try ProtectionDomain(on: context.domain.context)
      let foreign = try context.register(memory.area.range, access, in: other)
      let key = memory.region.rkey
      for wrong in [key ^ 0x01, key ^ 0x100, key ^ 0xffff_ff00, foreign.rkey, 0] {
        try memory.expectFailure(
          0,
          "read with key \(wrong == 0 ? "0" : "that is wrong")",
          key: wrong
        )
        try context.expect(
          "write with it",
          try memory.write(0, writer: 6, key: wrong),
          .remoteAccess
        )
        if try context.hasAtomics {
          let atomic = try memory.device.fetchAdd(1, to: memory.address(0), key: wrong)
          try context.expect("atomic with it", atomic.status, .remoteAccess)
        }
        try memory.expectCoherence(0, "the right key, after that")
      }
      try foreign.release()
    },
    Check(
      "data.out-of-bounds",
      "A transfer that leaves the region by a byte is refused whole, at either end and around zero."
    ) { context in
      let memory = try MemoryExperiment(context, bytes: (Area.page + 16, Area.page))
      let key = memory.region.rkey
      let (start, end) = (memory.region.range.start, memory.region.range.end)
      let before = memory.seen(1, count: BasePage.size)
      for (address, count) in [
        (start - 1, 2), (start - 8, 8), (end - 1, 2), (end, 1), (end - 4096, 4097), (0, 8),
        (UInt64.max - 7, 8), (UInt64.max - 3, 8),
      ] {
        let what = "\(count) bytes at 0x\(String(address, radix: 16))"
        let read = try memory.device.read(address, key: key, count: count).status
        try context.expect("read of \(what)", read, .remoteAccess)
        let sent = [UInt8](repeating: 0xEE, count: count)
        let write = try memory.device.write(sent, to: address, key: key)
        try context.expect("write of \(what)", write, .remoteAccess)
        let inside = try memory.device.read(end - 8, key: key, count: 8).status
        try context.expect("the last bytes, after that", inside, .success)
      }
      let after = memory.seen(1, count: BasePage.size)
      try context.expectBytes("bytes around the border", after, before ?? [])
    },
    onMemory(
      "data.released-key",
      "The key of a released region is refused, though its memory is still there."
    ) { context, memory in
      let second = try context.register(memory.area.range)
      try memory.expectCoherence(0, "before", key: second.rkey)
      try second.release()
      try memory.expectFailure(0, "read", key: second.rkey)
      try context.expect("write", try memory.write(0, writer: 7, key: second.rkey), .remoteAccess)
      try context.expectBytes("the bytes", memory.seen(0), ProbePattern.bytes(2, at: 0))
    },
    Check(
      "data.local-write-is-needed",
      "An RDMA READ into a region without local write fails on this side and changes nothing."
    ) { context in
      let memory = try MemoryExperiment(context, local: [])
      let answer = try memory.read(0)
      try context.require(
        "read into it",
        answer.status != .success,
        expected: "an error",
        observed: "\(answer.status)"
      )
      let untouched = [UInt8](repeating: 0, count: ProbePattern.length)
      try context.expectBytes("its bytes", answer.bytes, untouched)
      try context.expect("write from it", try memory.write(1, writer: 8), .success)
      try context.expectBytes("what arrived", memory.seen(1), ProbePattern.bytes(8, at: 1))
    },
    Check(
      "data.receive-too-short",
      "A send longer than the receive that waits fails on both sides and writes nothing behind it."
    ) { context in
      let memory = try MemoryExperiment(context) { $0[0] = 0 }
      let room = AddressRange(start: memory.address(0), length: 16)
      let ends = try memory.device.send(ProbePattern.bytes(9, at: 0), into: room, of: memory.region)
      let refusals: [CompletionStatus] =
        memory.device.tellsReasons ? [.remoteInvalidRequest, .remoteOperation] : [.remoteAccess]
      try context.require(
        "send",
        refusals.contains(ends.sent),
        expected: refusals.map { "\($0)" }.joined(separator: " or "),
        observed: "\(ends.sent)"
      )
      try context.require(
        "receive",
        ends.received.map { $0.status != .success } ?? false,
        expected: "an error",
        observed: ends.received.map { "\($0.status)" } ?? "no completion"
      )
      let behind = [UInt8](repeating: 0, count: 64)
      try context.expectBytes("behind it", memory.seen(0, 16, count: 64), behind)
      try memory.expectCoherence(1, "the connection, after that")
    },
    onMemory(
      "data.nobody-receives",
      "A send to a peer that waits for none ends as IBV_WC_RNR_RETRY_EXC_ERR, and not before it retried."
    ) { context, memory in
      let status = try memory.device.sendUnreceived(ProbePattern.bytes(1, at: 0))
      let refusal: CompletionStatus = memory.device.tellsReasons ? .receiverNotReady : .remoteAccess
      try context.expect("send", status, refusal)
      try memory.expectCoherence(0, "the connection, after that")
    },
  ]
}

/// Offsets and lengths that meet the borders of words, packets and pages.
private enum DataShape {
  static let all: [(offset: Int, count: Int)] = [
    (0, 1), (1, 1), (8, 8), (4095, 1), (4095, 2), (4088, 16), (0, 1024), (3, 1025), (0, 4096),
    (1, 4096), (4095, 4098), (0, 4097), (0, 16384), (7, 16370),
  ]
}
