import Coherence
import Fixtures
import HostMemory
import Verbs

/// Registered memory of a check, with a device that reads and writes it and the CPU's view of it.
final class MemoryExperiment {
  let area: Area
  /// Mappings put in place of the first.
  private var keep: [Area] = []
  let device: CellDevice
  var region: MemoryRegion
  let access: AccessFlags
  let context: CheckContext
  let view: ProcessorView

  /// Registers `area` or a part of it, by default fresh memory with a number in each page, after `prepare` has changed it.
  init(
    _ context: CheckContext,
    pages: Int = 4,
    _ access: AccessFlags = .full,
    area given: Area? = nil,
    bytes part: (offset: UInt64, count: UInt64)? = nil,
    local: AccessFlags = .localWrite,
    before prepare: (Area) throws -> Void = { _ in }
  ) throws {
    let area = try given ?? Area(pages: pages)
    if given == nil { area.fill() }
    try prepare(area)
    let domain = try context.domain
    let device = try CellDevice(in: domain, local: local)
    let view = try ProcessorView()
    context.hasAttempted = true
    let range = part.map { area.bytes($0.offset, $0.count) } ?? area.range
    region = try MemoryRegion(in: domain, range: range, access: access)
    self.area = area
    self.access = access
    self.context = context
    self.device = device
    self.view = view
  }

  /// Maps fresh memory where the area is, over what is mapped there.
  func mapAnew() throws { keep.append(try Area(pages: area.pages, at: area.range.start)) }

  func address(_ page: Int, _ offset: Int = 0) -> UInt64 {
    area.range.start + UInt64(page) * Area.page &+ UInt64(bitPattern: Int64(offset))
  }

  /// The addresses of a probe at the start of a page.
  func probe(_ page: Int) -> AddressRange {
    AddressRange(start: address(page), length: UInt64(ProbePattern.length))
  }

  func read(_ page: Int, key: UInt32? = nil) throws -> CellDevice.Answer {
    try device.read(address(page), key: key ?? region.rkey)
  }

  func write(_ page: Int, writer: UInt8, key: UInt32? = nil) throws -> CompletionStatus {
    let bytes = ProbePattern.bytes(writer, at: UInt64(page))
    return try device.write(bytes, to: address(page), key: key ?? region.rkey)
  }

  /// What the CPU sees from `offset` bytes into a page on, `nil` where there is nothing to see.
  func seen(_ page: Int, _ offset: Int = 0, count: Int = ProbePattern.length) -> [UInt8]? {
    view.read(AddressRange(start: address(page, offset), length: UInt64(count)))
  }

  /// The CPU writes; false where it cannot.
  @discardableResult
  func put(_ bytes: [UInt8], _ page: Int, _ offset: Int = 0) -> Bool {
    view.write(bytes, at: address(page, offset))
  }

  /// The CPU writes and the device reads it, then the other way round.
  func expectCoherence(_ page: Int, _ what: String, key: UInt32? = nil) throws {
    let fresh = ProbePattern.bytes(1, at: UInt64(page))
    try context.expect("\(what): CPU writes", put(fresh, page), true)
    try expectRead(page, fresh, "\(what): device reads", key: key)
    let status = try write(page, writer: 2, key: key)
    try context.expect("\(what): status of a write", status, .success)
    let written = ProbePattern.bytes(2, at: UInt64(page))
    try context.expectBytes("\(what): CPU reads", seen(page), written)
  }

  /// The device reads `bytes` at the start of a page.
  func expectRead(_ page: Int, _ bytes: [UInt8], _ what: String, key: UInt32? = nil) throws {
    let answer = try read(page, key: key)
    try context.expect("\(what): status", answer.status, .success)
    try context.expectBytes(what, answer.bytes, bytes)
  }

  func expectZeroes(_ page: Int, _ what: String) throws {
    try expectRead(page, [UInt8](repeating: 0, count: ProbePattern.length), what)
  }

  func expectFailure(_ page: Int, _ what: String, key: UInt32? = nil) throws {
    try context.expect(what, try read(page, key: key).status, .remoteAccess)
  }

  /// Binds a window to the region, or to `pages` of it, which must work.
  func bind(
    _ window: inout MemoryWindow,
    over pages: Range<Int>? = nil,
    access: AccessFlags = [.remoteRead, .remoteWrite],
    _ what: String = "bind"
  ) throws {
    let range = pages.map { area.slice($0) }
    let bound = try device.bind(&window, to: region, range: range, access: access)
    try context.expect(what, bound, .success)
  }

  /// Takes the key of a window back on this side, which must work.
  func unbind(_ window: inout MemoryWindow) throws {
    try context.expect("taking back", try device.unbind(&window, of: region), .success)
  }

  /// Expects that a peer's send cannot take `key` back.
  func expectRevocationRefused(_ what: String, of key: UInt32) throws {
    let received = try device.receiveStatus(revoking: key, into: probe(1), of: region)
    try context.requireError(what, received ?? .flushed)
  }

  /// Reads, writes and adds through a key, of which each must work only if `access` allows it.
  func expectRights(
    _ access: AccessFlags,
    _ what: String,
    key: UInt32,
    atomicPage: Int
  ) throws {
    func expected(_ flag: AccessFlags) -> CompletionStatus {
      access.contains(flag) ? .success : .remoteAccess
    }
    let read = try read(0, key: key).status
    try context.expect("\(what): read", read, expected(.remoteRead))
    let write = try write(0, writer: 3, key: key)
    try context.expect("\(what): write", write, expected(.remoteWrite))
    let atomic = try device.fetchAdd(1, to: address(atomicPage), key: key).status
    try context.expect("\(what): atomic", atomic, expected(.remoteAtomic))
  }
}

extension CheckContext {
  /// Compares bytes; a mismatch tells how each begins and where they part.
  func expectBytes(_ subject: String, _ observed: [UInt8]?, _ expected: [UInt8]) throws {
    guard let observed, observed != expected else {
      return try expect(subject, observed == nil ? "nothing (EFAULT)" : "", "")
    }
    let place = zip(observed, expected).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
    let shown = { (bytes: [UInt8]) in ProbePattern.text(Array(bytes.dropFirst(place).prefix(8))) }
    try expect("\(subject): byte \(place) on", shown(observed), shown(expected))
  }
}
