import Coherence
import Fixtures
import Glibc
import HostMemory
import MemoryRegistration
import Verbs

extension AccessFlags {
  /// What most checks of on-demand paging register with.
  static let demand: AccessFlags = full.union([.onDemand, .remoteAtomic])
}

extension Catalogue {
  /// On-demand paging as this device does it: every verdict by moving bytes.
  static let onDemandPaging =
    onDemandRegions + onDemandTransfers + onDemandMessages + onDemandInvalidation
    + onDemandPrefetch + onDemandPressure

  /// A check of the group, which needs a device with on-demand paging.
  static func onDemand(
    _ name: String,
    _ promise: String,
    needs: [Need] = [],
    scope: Check.Scope = .process,
    timeLimitSeconds: Int = 60,
    defect: KnownDefect? = nil,
    _ body: @escaping @Sendable (CheckContext) throws -> Void
  ) -> Check {
    Check(
      "odp.\(name)",
      promise,
      needs: [.onDemandPaging] + needs,
      scope: scope,
      timeLimitSeconds: timeLimitSeconds,
      defect: defect,
      body
    )
  }

  /// A check on fresh memory under an on-demand region, and a device that reads and writes it.
  static func onDemandMemory(
    _ name: String,
    _ promise: String,
    pages: Int = 4,
    defect: KnownDefect? = nil,
    _ body: @escaping @Sendable (CheckContext, MemoryExperiment) throws -> Void
  ) -> Check {
    onDemand(name, promise, defect: defect) { context in
      try body(context, try MemoryExperiment(context, pages: pages, .demand))
    }
  }

  /// The same after device and CPU have used it together.
  static func onDemandUsed(
    _ name: String,
    _ promise: String,
    pages: Int = 2,
    _ body: @escaping @Sendable (CheckContext, MemoryExperiment) throws -> Void
  ) -> Check {
    onDemandMemory(name, promise, pages: pages) { context, paging in
      try paging.expectCoherence(0, "before")
      try body(context, paging)
    }
  }

  private static let onDemandRegions: [Check] = [
    onDemand(
      "charges-nothing",
      "An on-demand region neither charges nor pins a page, however large the memory.",
      scope: .system
    ) { context in
      let (area, before, region) = try context.registered(pages: 1024, filled: true, .demand)
      try context.expect("1024 pages on demand", since: before, pages: 0)
      try context.release(region, since: before)
    },
    onDemand(
      "traffic-pins-nothing",
      "Pages that the device has faulted in, read and written are neither charged nor pinned.",
      scope: .system
    ) { context in
      let area = try Area(pages: 64)
      let domain = try context.domain
      let device = try CellDevice(in: domain)
      let before = try context.look()
      let region = try context.register(area.range, .demand)
      for page in 0..<64 {
        let address = area.slice(page..<page + 1).start
        let bytes = ProbePattern.bytes(3, at: UInt64(page))
        try context.expect(
          "write of page \(page)",
          try device.write(bytes, to: address, key: region.rkey),
          .success
        )
      }
      let present = try PageMap().entries(in: area.range).count { $0.isPresent }
      try context.expect("pages that the device brought in", present, 64)
      try context.expect("after traffic", since: before, pages: 0)
      try context.release(region, since: before)
    },
    onDemand(
      "maps-later",
      "Memory that is not mapped can be registered; it fails until it is mapped, and works then."
    ) { context in
      let paging = try MemoryExperiment(context, pages: 2, .demand) { try $0.unmap() }
      try paging.expectFailure(0, "read of unmapped memory")
      try paging.mapAnew()
      try paging.expectCoherence(0, "memory mapped later")
    },
    onDemandMemory(
      "regions-overlap",
      "Two on-demand regions over the same memory both follow it.",
      pages: 1
    ) { context, paging in
      let second = try context.register(paging.area.range, .demand)
      try paging.expectCoherence(0, "the second region", key: second.rkey)
      try paging.expectCoherence(0, "the first region")
      try second.release()
      try paging.expectCoherence(0, "the first region, after the second is gone")
    },
    onDemandMemory(
      "beside-a-pinned-region",
      "An on-demand and a pinned region over the same memory see the same bytes.",
      pages: 2
    ) { context, paging in
      let before = try context.look()
      let pinned = try context.register(paging.area.range)
      try context.expect("the pinned region", since: before, pages: 2)
      let bytes = ProbePattern.bytes(2, at: 1)
      try context.expect("write on demand", try paging.write(1, writer: 2), .success)
      try paging.expectRead(1, bytes, "read of the pinned region", key: pinned.rkey)
      try context.expect("write", try paging.write(1, writer: 3, key: pinned.rkey), .success)
      try paging.expectRead(1, ProbePattern.bytes(3, at: 1), "read on demand")
      try pinned.release()
    },
    onDemand(
      "ends-at-its-end",
      "A transfer that leaves the region fails on both sides of it, and the connection works anew."
    ) { context in
      let paging = try MemoryExperiment(context, .demand, bytes: (Area.page, 2 * Area.page))
      let (first, key) = (paging.address(1), paging.region.rkey)
      for (address, count) in [
        (first - Area.page, 8), (first + 2 * Area.page, 8), (first + 2 * Area.page - 8, 16),
        (first - 8, 16),
      ] {
        let end = try paging.device.read(address, key: key, count: count).status
        try context.expect("\(count) bytes from \(address &- first) on", end, .remoteAccess)
        let inside = try paging.device.read(first, key: key).status
        try context.expect("a read inside, after that", inside, .success)
      }
    },
    onDemand(
      "hugetlb",
      "Huge pages are read and written on demand like others.",
      needs: [.hugePages(1)]
    ) { context in
      let large = try LargeArea(mebibytes: 2, hugePages: .hugetlb)
      let device = try CellDevice(in: context.domain)
      let view = try ProcessorView()
      let before = try context.look()
      let region = try context.register(large.range, .demand)
      try context.expect("a huge page on demand", since: before, pages: 0)
      let receiving = try MemoryRegion(in: context.domain, range: large.range, access: .demand)
      for page: UInt64 in [0, 1, 255, 511] {
        let address = large.range.start + page * Area.page
        let bytes = ProbePattern.bytes(4, at: page)
        let status = try device.write(bytes, to: address, key: region.rkey)
        try context.expect("write of page \(page)", status, .success)
        let range = AddressRange(start: address, length: UInt64(bytes.count))
        try context.expectBytes("page \(page)", view.read(range), bytes)
        try context.expectBytes(
          "page \(page) read",
          try device.read(address, key: region.rkey).bytes,
          bytes
        )
        let sent = ProbePattern.bytes(5, at: page)
        let ends = try device.send(sent, into: range, of: receiving)
        try context.expect("receive in page \(page)", ends.received?.status, .success)
        try context.expectBytes("page \(page) received", view.read(range), sent)
      }
      try region.release()
    },
    onDemand(
      "ends-with-its-owner",
      "A region of a process that has exited fails, though another holds the device file."
    ) { context in
      let name = context.deviceName
      // In a process of its own, as the region of the dead one keeps the domain busy until the device file closes.
      let user = try Child { pipe in
        let domain = try ProtectionDomain(on: DeviceContext(named: name))
        let device = try CellDevice(in: domain)
        let owner = try Child { pipe in
          let area = try Area(pages: 1)
          _ = try ProcessorView().write(ProbePattern.bytes(6, at: 0), at: area.range.start)
          let region = try MemoryRegion(in: domain, range: area.range, access: .demand)
          try pipe.send(Int(bitPattern: UInt(area.range.start)))
          try pipe.send(Int(region.rkey))
          _ = try pipe.receive()
          _exit(region.rkey == 0 ? 1 : 0)
        }
        let address = UInt64(UInt(bitPattern: try owner.pipe.receive()))
        let key = UInt32(truncatingIfNeeded: try owner.pipe.receive())
        let alive = try device.read(address, key: key)
        try pipe.send(alive.bytes == ProbePattern.bytes(6, at: 0) ? 1 : 0)
        try pipe.send(Int(alive.status.rawValue))
        try owner.pipe.send(0)
        try pipe.send(try owner.wait() == .exited(0) ? 1 : 0)
        try pipe.send(Int(try device.read(address, key: key).status.rawValue))
        _exit(0)
      }
      func status() throws -> CompletionStatus {
        CompletionStatus(rawValue: UInt32(truncatingIfNeeded: try user.pipe.receive()))
      }
      try context.expect("bytes while it lives", try user.pipe.receive(), 1)
      try context.expect("read while it lives", try status(), .success)
      try context.expect("its end", try user.pipe.receive(), 1)
      try context.expect("read after its end", try status(), .remoteAccess)
      try context.expect("end of the user", try user.wait(), .exited(0))
    },
    onDemand(
      "seals-at-once",
      "Memory sealed against writing is not held up by an on-demand region, as it is by a pinned one."
    ) { context in
      let file = try OpenFile(memfdOfPages: 2)
      let area = try Area(file, pages: 2)
      area.fill()
      let before = try context.look()
      let region = try context.register(area.range, .demand)
      try area.unmap()
      try context.expectErrno("F_SEAL_WRITE", context.seen(file.seal(Seal.write)), nil)
      try context.release(region, since: before)
    },
  ]
}
