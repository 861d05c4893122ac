internal import CFixtures
import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// Every event that takes a page from its address, each with a page that the device has just used.
  static let onDemandInvalidation: [Check] =
    onDemandMappings + onDemandFiles + onDemandReclaim + onDemandFork

  /// A check that the device follows `change` of memory that it has just used to pages of zeroes.
  private static func follows(
    _ name: String,
    _ promise: String,
    _ zeroes: String,
    _ change: @escaping @Sendable (MemoryExperiment) throws -> Void
  ) -> Check {
    onDemandUsed(name, promise) { _, paging in
      try change(paging)
      try paging.expectZeroes(0, zeroes)
      try paging.expectCoherence(0, "after")
    }
  }

  /// The same of memory of a file.
  private static func followsFile(
    _ name: String,
    _ promise: String,
    _ zeroes: String,
    _ change: @escaping @Sendable (MemoryExperiment, OpenFile) throws -> Void
  ) -> Check {
    onDemand(name, promise) { context in
      let file = try OpenFile(memfdOfPages: 2)
      let paging = try MemoryExperiment(context, .demand, area: try Area(file, pages: 2))
      try paging.expectCoherence(0, "before")
      try change(paging, file)
      try paging.expectZeroes(0, zeroes)
      try paging.expectCoherence(0, "after")
    }
  }

  private static let onDemandMappings: [Check] = [
    follows(
      "follows-a-discard",
      "After MADV_DONTNEED the device reads zeroes and its writes are seen by the CPU.",
      "discarded"
    ) { try $0.area.advise(.dontNeed) },
    follows(
      "follows-a-new-mapping",
      "After munmap and mmap at the same address the device sees the new memory.",
      "mapped anew"
    ) { paging in
      try paging.area.unmap()
      try paging.expectFailure(0, "read of unmapped memory")
      try paging.mapAnew()
    },
    follows(
      "follows-a-mapping-over",
      "After mmap(MAP_FIXED) over the memory the device sees what is mapped there now.",
      "mapped over"
    ) { try $0.mapAnew() },
    onDemandUsed(
      "does-not-follow-a-move",
      "After mremap to another address the old one fails; the region belongs to addresses."
    ) { context, paging in
      let place = try Area(pages: 2)
      try context.expectErrno("mremap", paging.area.range.move(to: place.range.start), nil)
      try paging.expectFailure(0, "read of the old address")
      try paging.mapAnew()
      try paging.expectCoherence(0, "mapped anew")
    },
    onDemandUsed(
      "obeys-protection",
      "A write to memory that the process may only read fails, and a read works.",
      pages: 1
    ) { context, paging in
      try paging.area.protect(.read)
      try context.expect("read", try paging.read(0).status, .success)
      try context.expect("write", try paging.write(0, writer: 7), .remoteAccess)
      try paging.area.protect(.none)
      try paging.expectFailure(0, "read without any permission")
      try paging.area.protect(.readWrite)
      try paging.expectCoherence(0, "permission restored")
    },
    onDemand(
      "registers-what-may-only-be-read",
      "A region for writing over memory that the process may only read registers; its writes fail."
    ) { context in
      let paging = try MemoryExperiment(context, pages: 2, .demand) { try $0.protect(.read) }
      let bytes = paging.seen(0) ?? []
      try paging.expectRead(0, bytes, "read")
      try context.expect("write", try paging.write(0, writer: 1), .remoteAccess)
      try context.expectBytes("after the write", paging.seen(0), bytes)
    },
    onDemand(
      "untouched-memory-reads-as-zero",
      "Reading pages that nobody has touched brings zeroes, and a CPU's write after it is seen."
    ) { context in
      let paging = try MemoryExperiment(context, .demand) { try $0.advise(.dontNeed) }
      for page in 0..<4 {
        try paging.expectZeroes(page, "page \(page)")
        try paging.expectCoherence(page, "page \(page), written then")
      }
    },
  ]

  private static let onDemandFiles: [Check] = [
    followsFile(
      "follows-a-hole",
      "After a hole is punched into a file the device reads zeroes, and its writes are seen.",
      "in the hole"
    ) { _, file in
      let code = fixtures_punch_hole(file.descriptor, 0, Int64(2 * BasePage.size))
      try SystemError.check("punch a hole", code)
    },
    followsFile(
      "ends-with-a-file",
      "Beyond the end of a truncated file the device fails, and works when the file grows again.",
      "grown again"
    ) { paging, file in
      try file.resize(toPages: 0)
      try paging.expectFailure(0, "beyond the end")
      try file.resize(toPages: 2)
    },
    onDemand(
      "read-only-file",
      "Pages of a file that is mapped for reading are read, and never written."
    ) { context in
      let file = try OpenFile(memfdOfPages: 1)
      let writable = try Area(file, pages: 1)
      writable.fill()
      let paging = try MemoryExperiment(
        context,
        .demand,
        area: try Area(file, pages: 1, .read)
      )
      try paging.expectRead(0, paging.seen(0) ?? [], "read")
      writable[0] = 77
      try paging.expectRead(0, paging.seen(0) ?? [], "read after a write by another mapping")
      try context.expect("write", try paging.write(0, writer: 1), .remoteAccess)
      try context.expect("what the other mapping sees", writable[0], 77)
    },
  ]

  private static let onDemandReclaim: [Check] = [
    onDemandUsed(
      "follows-freeing",
      "Pages dropped after MADV_FREE are read as zeroes by both sides, and written by both."
    ) { context, paging in
      try paging.area.advise(.free)
      _ = paging.area.adviceResult(.pageOut)
      let answer = try paging.read(0)
      try context.expect("status", answer.status, .success)
      try context.expectBytes("what both sides read", paging.seen(0), answer.bytes)
      try paging.expectCoherence(0, "after")
    },
    onDemand(
      "comes-back-from-swap",
      "Pages that were swapped out come back when the device reads them, with their bytes.",
      needs: [.change(.swap)]
    ) { context in
      let swap = try SwapDevice()
      let paging = try MemoryExperiment(context, pages: 64, .demand)
      for page in 0..<64 { try paging.expectCoherence(page, "page \(page)") }
      try paging.area.advise(.pageOut)
      let swapped = try PageMap().entries(in: paging.area.range).count { $0.isSwapped }
      try context.require(
        "pages swapped out",
        swapped > 0,
        expected: "some of 64",
        observed: "\(swapped)"
      )
      for page in 0..<64 {
        let bytes = ProbePattern.bytes(2, at: UInt64(page))
        try paging.expectRead(page, bytes, "page \(page) after swap")
        try paging.expectCoherence(page, "page \(page), back")
      }
      withExtendedLifetime(swap) {}
    },
    onDemand(
      "follows-a-collapse",
      "Base pages that become a huge page move under the device, which reads the new frames.",
      needs: [.transparentHugePages, .systemCounters]
    ) { context in
      let large = try LargeArea(mebibytes: 2, hugePages: .collapsible)
      let device = try CellDevice(in: context.domain)
      let view = try ProcessorView()
      let region = try context.register(large.range, .demand)
      let bytes = ProbePattern.bytes(4, at: 0)
      let status = try device.write(bytes, to: large.range.start, key: region.rkey)
      try context.expect("write", status, .success)
      let probe = AddressRange(start: large.range.start, length: UInt64(bytes.count))
      let frame = try context.frames(of: probe)
      let code = context.seen(large.collapse())
      if code == .EINVAL { throw Skip("this kernel has no MADV_COLLAPSE") }
      try context.expectErrno("collapse", code, nil)
      try context.expect("frame kept", try context.frames(of: probe) == frame, false)
      let answer = try device.read(large.range.start, key: region.rkey)
      try context.expectBytes("read after it", answer.bytes, bytes)
      let fresh = ProbePattern.bytes(5, at: 0)
      _ = try device.write(fresh, to: large.range.start, key: region.rkey)
      try context.expectBytes("CPU reads", view.read(probe), fresh)
      try region.release()
    },
    onDemand(
      "survives-a-storm",
      "While another thread discards the memory over and over, transfers neither fail nor mix bytes.",
      timeLimitSeconds: 120
    ) { context in
      let paging = try MemoryExperiment(context, .demand)
      let range = paging.area.range
      let (running, discards, failed) = (SharedCounter(), SharedCounter(), SharedCounter())
      running.add(1)
      let storm = try WorkerThread()
      storm.begin {
        while running.value > 0 {
          if CellRange(range: range).advise(.dontNeed) != nil { failed.add(1) }
          discards.add(1)
          sched_yield()
        }
      }
      defer {
        if running.value > 0 {
          running.add(-1)
          storm.finish()
        }
      }
      let zeroes = [UInt8](repeating: 0, count: ProbePattern.length)
      for round in 0..<500 {
        let page = round % 4
        let status = try paging.write(page, writer: UInt8(truncatingIfNeeded: round))
        try context.expect("write \(round)", status, .success)
        let answer = try paging.read(page)
        try context.expect("read \(round)", answer.status, .success)
        let sent = ProbePattern.bytes(UInt8(truncatingIfNeeded: round), at: UInt64(page))
        if answer.bytes != zeroes { try context.expectBytes("read \(round)", answer.bytes, sent) }
      }
      running.add(-1)
      storm.finish()
      try context.expect("discards that failed", failed.value, 0)
      try context.require(
        "discards meanwhile",
        discards.value > 100,
        expected: "more than 100",
        observed: "\(discards.value)"
      )
      for page in 0..<4 { try paging.expectCoherence(page, "page \(page) after the storm") }
    },
  ]

  private static let onDemandFork: [Check] = [
    onDemandUsed(
      "follows-copy-on-write",
      "After a fork the device follows the parent to its new page, and never sees the child's."
    ) { context, paging in
      let range = paging.probe(0)
      let child = try Child { pipe in
        let view = try ProcessorView()
        _ = try pipe.receive()
        let same = view.read(range) == ProbePattern.bytes(2, at: 0)
        _ = view.write(ProbePattern.bytes(9, at: 0), at: range.start)
        try pipe.send(same ? 1 : 0)
        _ = try pipe.receive()
      }
      let parent = ProbePattern.bytes(3, at: 0)
      paging.put(parent, 0)
      try paging.expectRead(0, parent, "after the parent's write")
      try child.pipe.send(0)
      try context.expect("child sees the bytes of before", try child.pipe.receive(), 1)
      try paging.expectRead(0, parent, "after the child's write")
      try paging.expectCoherence(0, "while both live")
      try child.pipe.send(0)
      try context.expect("end of the child", try child.wait(), .exited(0))
      try paging.expectCoherence(0, "after the child's end")
    },
    onDemandUsed(
      "device-writes-copy-too",
      "After a fork a write by the device parts the pages: the child keeps the old bytes.",
      pages: 1
    ) { context, paging in
      let range = paging.probe(0)
      let child = try Child { pipe in
        let view = try ProcessorView()
        _ = try pipe.receive()
        try pipe.send(view.read(range) == ProbePattern.bytes(2, at: 0) ? 1 : 0)
      }
      try context.expect("write by the device", try paging.write(0, writer: 8), .success)
      try child.pipe.send(0)
      try context.expect("child sees the bytes of before", try child.pipe.receive(), 1)
      try context.expectBytes("parent sees", paging.seen(0), ProbePattern.bytes(8, at: 0))
      try context.expect("end of the child", try child.wait(), .exited(0))
    },
  ]
}
