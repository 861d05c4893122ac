import Glibc
import HostMemory
import LinuxSystem
import Testing
import Verbs

/// The ways in which memory leaves its address, each done here by hand and not through the matrix.
enum Separation: String, CaseIterable {
  case discard
  case remap
  case mapOver
  case unmap

  func apply(to range: AddressRange) throws {
    let start = unsafe UnsafeMutableRawPointer(bitPattern: UInt(range.start))
    let length = Int(range.length)
    if self == .discard { try #require(unsafe madvise(start, length, Int32(MADV_DONTNEED)) == 0) }
    if self == .remap || self == .unmap { try #require(unsafe munmap(start, length) == 0) }
    guard self == .remap || self == .mapOver else { return }
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    let mapped = unsafe mmap(start, length, PROT_READ | PROT_WRITE, flags, -1, 0)
    try #require(unsafe mapped == start)
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `A pinned region whose address lost the page` {
  @Test(arguments: Separation.allCases)
  func `still reads the old bytes and takes new ones out of sight`(how: Separation) throws {
    let loop = try LoopbackFixture()
    loop.far.fill(seed: 21)
    let old = loop.far.copy(4096, 256)
    let pinned = try ProcessStatus().pinned
    try how.apply(to: loop.far.range)
    #expect(try ProcessStatus().pinned == pinned)

    let read = try loop.read(256, from: loop.farAt(4096))
    #expect(read.status == .success)
    #expect(loop.near.copy(0, 256) == old)
    if how != .unmap { #expect(loop.far.copy(4096, 256) == [UInt8](repeating: 0, count: 256)) }

    loop.near.fill(seed: 22)
    #expect(try loop.write(256, to: loop.farAt(4096)).status == .success)
    if how != .unmap { #expect(loop.far.copy(4096, 256) == [UInt8](repeating: 0, count: 256)) }
    #expect(try loop.read(256, into: 1024, from: loop.farAt(4096)).status == .success)
    #expect(loop.near.copy(1024, 256) == (0..<256).map { HostBuffer.pattern(22, $0) })
    if how == .unmap { try Separation.mapOver.apply(to: loop.far.range) }
  }

  @Test func `is made good by registering the address again, which charges again`() throws {
    let loop = try LoopbackFixture()
    loop.far.fill(seed: 23)
    try Separation.discard.apply(to: loop.far.range)
    let before = try ProcessStatus().pinned
    let fresh = try MemoryRegion(
      in: loop.domain,
      range: loop.far.range,
      access: LoopbackFixture.everything
    )
    #expect(try ProcessStatus().pinned == before + 65536)
    loop.far.fill(seed: 24)
    #expect(try loop.read(256, from: loop.farAt(0, key: fresh.rkey)).status == .success)
    #expect(loop.near.copy(0, 256) == loop.far.copy(0, 256))
    #expect(try loop.read(256, from: loop.farAt(0)).status == .success)
    #expect(loop.near.copy(0, 256) == (0..<256).map { HostBuffer.pattern(23, $0) })
  }
}
