import HostMemory
import Registration
import Verbs

extension Catalogue {
  static let onDemandPaging: [Check] = [
    Check(
      "odp.charges-nothing",
      "An on-demand region neither charges nor pins a page, however large the memory.",
      needs: [.onDemandPaging],
      scope: .system
    ) { context in
      let area = try Area(pages: 1024)
      area.fill()
      let before = try context.look()
      let region = try context.register(area.range, .full.union(.onDemand))
      try context.expect("1024 pages on demand", since: before, pages: 0)
      try region.release()
      try context.expect("released", since: before, pages: 0)
    },
    Check(
      "odp.transfers-at-page-starts-are-right",
      "A transfer that begins at a page's first byte and fits one packet moves exactly its bytes.",
      needs: [.onDemandPaging]
    ) { context in
      let paging = try OnDemandExperiment(context, pages: 4)
      for page in 0..<4 { try paging.expectCoherence(page, "page \(page)") }
    },
    Check(
      "odp.transfers-keep-their-offset",
      "A transfer that begins inside a page moves the bytes it names.",
      needs: [.onDemandPaging],
      defect: KnownDefect(
        "rxe drops the offset in the page and reports success",
        versions: "seen on 7.2.13 and 7.3.4; by its history since on-demand paging came in 6.15"
      )
    ) { context in
      let placement = try OnDemandPlacement(probing: context.domain)
      try context.expect("8 bytes written at offset 8", placement.rawValue, "right")
    },
    Check(
      "odp.maps-later",
      "Memory that is not mapped can be registered; it fails until it is mapped, and works then.",
      needs: [.onDemandPaging]
    ) { context in
      let paging = try OnDemandExperiment(context, pages: 2) { try $0.unmap() }
      try paging.expectFailure(0, "read of unmapped memory")
      paging.keep.append(try Area(pages: 2, at: paging.area.range.start))
      try paging.expectCoherence(0, "memory mapped later")
    },
    Check(
      "odp.follows-a-discard",
      "After MADV_DONTNEED the device reads zeroes and its writes are seen by the CPU.",
      needs: [.onDemandPaging]
    ) { context in
      let paging = try OnDemandExperiment(context, pages: 2)
      try paging.expectCoherence(0, "before")
      try paging.area.advise(.dontNeed)
      let answer = try paging.read(0)
      try context.expect("status", answer.status, .success)
      try context.expect("bytes", answer.bytes, [UInt8](repeating: 0, count: ProbePattern.length))
      try paging.expectCoherence(0, "after")
    },
    Check(
      "odp.follows-a-new-mapping",
      "After munmap and mmap at the same address the device sees the new memory.",
      needs: [.onDemandPaging]
    ) { context in
      let paging = try OnDemandExperiment(context, pages: 2)
      try paging.expectCoherence(0, "before")
      try paging.area.unmap()
      try paging.expectFailure(0, "read of unmapped memory")
      paging.keep.append(try Area(pages: 2, at: paging.area.range.start))
      try paging.expectCoherence(0, "after")
    },
    Check(
      "odp.obeys-protection",
      "A write to memory that the process may only read fails, and a read works.",
      needs: [.onDemandPaging]
    ) { context in
      let paging = try OnDemandExperiment(context, pages: 1)
      try paging.area.protect(.read)
      try context.expect("read", try paging.read(0).status, .success)
      try context.expect("write", try paging.write(0, writer: 7), .remoteAccess)
      try paging.area.protect(.none)
      try paging.expectFailure(0, "read without any permission")
      try paging.area.protect(.readWrite)
      try paging.expectCoherence(0, "permission restored")
    },
    Check(
      "odp.regions-overlap",
      "Two on-demand regions over the same memory both follow it.",
      needs: [.onDemandPaging]
    ) { context in
      let paging = try OnDemandExperiment(context, pages: 1)
      let second = try context.register(paging.area.range, .full.union(.onDemand))
      try paging.expectCoherence(0, "the first region")
      try second.release()
      try paging.expectCoherence(0, "the first region, after the second is gone")
    },
  ]
}

/// Memory registered on demand, and a device that reads and writes it.
final class OnDemandExperiment {
  let area: Area
  /// Mappings put in place of the first.
  var keep: [Area] = []
  private let context: CheckContext
  private let device: CellDevice
  private let view: ProcessorView
  private let region: MemoryRegion

  init(
    _ context: CheckContext,
    pages: Int,
    before prepare: (Area) throws -> Void = { _ in }
  ) throws {
    let area = try Area(pages: pages)
    area.fill()
    try prepare(area)
    let domain = try context.domain
    let device = try CellDevice(in: domain)
    let view = try ProcessorView()
    region = try MemoryRegion(
      in: domain,
      address: area.range.start,
      length: area.range.length,
      access: .full.union(.onDemand)
    )
    self.area = area
    self.context = context
    self.device = device
    self.view = view
  }

  func read(_ page: Int) throws -> CellDevice.Answer {
    let answer = try device.read(address(page), key: region.rkey)
    return CellDevice.Answer(status: answer.status, bytes: context.seen(answer.bytes))
  }

  func write(_ page: Int, writer: UInt8) throws -> CompletionStatus {
    try device.write(
      ProbePattern.bytes(writer, at: UInt64(page)),
      to: address(page),
      key: region.rkey
    )
  }

  /// The CPU writes and the device reads it, then the other way round.
  func expectCoherence(_ page: Int, _ what: String) throws {
    let fresh = ProbePattern.bytes(1, at: UInt64(page))
    try context.expect("\(what): CPU writes", view.write(fresh, at: address(page)), true)
    let answer = try read(page)
    try context.expect("\(what): status of a read", answer.status, .success)
    try context.expect("\(what): bytes that the device reads", answer.bytes, fresh)
    try context.expect("\(what): status of a write", try write(page, writer: 2), .success)
    let range = AddressRange(start: address(page), length: UInt64(ProbePattern.length))
    let written = ProbePattern.bytes(2, at: UInt64(page))
    try context.expect("\(what): bytes that the CPU reads", view.read(range), written)
  }

  func expectFailure(_ page: Int, _ what: String) throws {
    try context.expect(what, try read(page).status, .remoteAccess)
  }

  private func address(_ page: Int) -> UInt64 { area.range.start + UInt64(page) * Area.page }
}
