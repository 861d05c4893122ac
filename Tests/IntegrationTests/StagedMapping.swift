import CFixtures
import CLinux
import Coherence
import Glibc
import HostMemory
import Testing

/// Memory of a cell, mapped and taken from its address by hand and not by the code under test.
final class StagedMapping {
  static let huge: UInt64 = 2 << 20
  static let length = 2 * huge
  private static let toTarget = Int32(FIXTURES_REMAP_MAY_MOVE | FIXTURES_REMAP_FIXED)
  private static let keepingOld = Int32(FIXTURES_REMAP_MAY_MOVE | FIXTURES_REMAP_DONT_UNMAP)

  let kind: CoherenceMemory
  let start: UInt64
  private var descriptor: Int32 = -1
  private let pipeEnds: (read: Int32, write: Int32)

  init(_ kind: CoherenceMemory) throws {
    self.kind = kind
    let reserved = try StagedMapping.map(0, 4 * StagedMapping.length, PROT_NONE, MAP_PRIVATE)
    // Room before and behind: nothing else may come to lie where a test unmaps.
    start =
      (reserved + StagedMapping.length + StagedMapping.huge - 1) / StagedMapping.huge
      * StagedMapping.huge
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    pipeEnds = (ends[0], ends[1])
    switch kind {
    case .memfd: try #require(unsafe clinux_memfd("memreg-test", 0, &descriptor) == 0)
    case .file:
      let directory = try #require(Stage.trackedDirectory)
      var template = Array("\(directory)/memreg-cell-XXXXXX".utf8CString)
      descriptor = unsafe mkstemp(&template)
      try #require(descriptor >= 0)
      _ = unsafe unlink(template)
    default: break
    }
    if descriptor >= 0 { try #require(ftruncate(descriptor, Int(StagedMapping.length)) == 0) }
    try mapAnew()
  }

  var range: AddressRange { AddressRange(start: start, length: StagedMapping.length) }

  /// Maps the memory at its address, and touches it unless it is of a file.
  func mapAnew() throws {
    let access = PROT_READ | PROT_WRITE
    let (shared, fixed) = (descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE, MAP_FIXED)
    let huge: Int32 = kind == .hugetlb ? CLINUX_MAP_HUGETLB : 0
    _ = try StagedMapping.map(
      start,
      StagedMapping.length,
      access,
      shared | fixed | huge,
      descriptor
    )
    if kind == .anonymous { try advise(15) }
    if kind == .transparentHuge { try advise(14) }
    guard kind != .file else { return }
    for offset in stride(from: 0, to: StagedMapping.length, by: 4096) {
      unsafe Stage.pointer(start + offset)?.storeBytes(of: 0, as: UInt8.self)
    }
  }

  func advise(_ advice: Int32) throws {
    try #require(unsafe madvise(Stage.pointer(start), Int(StagedMapping.length), advice) == 0)
  }

  func put(_ bytes: [UInt8], at offset: UInt64) {
    unsafe Stage.pointer(start + offset)?
      .copyMemory(from: bytes, byteCount: bytes.count)
  }

  /// What the CPU sees, `nil` where it sees nothing: the kernel copies, and no signal comes.
  func seen(_ offset: UInt64, _ count: Int) -> [UInt8]? {
    guard unsafe write(pipeEnds.write, Stage.pointer(start + offset), count) == count else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: count)
    return unsafe read(pipeEnds.read, &bytes, count) == count ? bytes : nil
  }

  /// Takes the pages from their address in the way of `operation`; the offset to look at.
  func separate(by operation: CoherenceOperation) throws -> UInt64 {
    let (length, half) = (StagedMapping.length, StagedMapping.length / 2)
    let pointer = unsafe Stage.pointer(start)
    var moved: UInt64 = 0
    switch operation {
    case .unmap, .remap:
      try #require(unsafe munmap(pointer, Int(length)) == 0)
      if operation == .remap { try mapAnew() }
    case .mapFixed:
      let flags = MAP_PRIVATE | MAP_FIXED
      _ = try StagedMapping.map(start, length, PROT_READ | PROT_WRITE, flags)
    case .mremapMove:
      let target = try StagedMapping.map(0, 2 * length, PROT_NONE, MAP_PRIVATE)
      let aligned = (target + StagedMapping.huge - 1) / StagedMapping.huge * StagedMapping.huge
      try #require(
        unsafe fixtures_remap(start, length, length, Self.toTarget, aligned, &moved) == 0
      )
    case .mremapShrink:
      try #require(unsafe fixtures_remap(start, length, half, 0, 0, &moved) == 0)
      return half
    case .mremapDontUnmap:
      try #require(unsafe fixtures_remap(start, length, length, Self.keepingOld, 0, &moved) == 0)
    case .dontNeed: try advise(4)
    case .remove: try advise(9)
    case .punchHole: try #require(fixtures_punch_hole(descriptor, 0, Int64(length)) == 0)
    case .truncate, .truncateRegrow:
      try #require(ftruncate(descriptor, 0) == 0)
      if operation == .truncateRegrow { try #require(ftruncate(descriptor, Int(length)) == 0) }
    default: Issue.record("\(operation) separates nothing")
    }
    return 0
  }

  private static func map(
    _ address: UInt64,
    _ length: UInt64,
    _ protection: Int32,
    _ flags: Int32,
    _ descriptor: Int32 = -1
  ) throws -> UInt64 {
    let kind = flags | (descriptor < 0 ? MAP_ANONYMOUS : 0)
    let start = unsafe mmap(Stage.pointer(address), Int(length), protection, kind, descriptor, 0)
    try #require(unsafe start != MAP_FAILED)
    return UInt64(UInt(bitPattern: start))
  }

  deinit {
    unsafe munmap(Stage.pointer(start), Int(StagedMapping.length))
    if descriptor >= 0 { close(descriptor) }
    close(pipeEnds.read)
    close(pipeEnds.write)
  }
}
