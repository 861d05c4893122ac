import CFixtures
import Coherence
import Glibc
import HostMemory
import LinuxSystem
import Testing
import Verbs

/// The cells of the matrix whose device and CPU part on this kernel; those of the heap have a test of their own.
private enum PartedCells {
  static let all: [String] = RXE.isPresent ? names : []

  private static let names = CoherenceCell.all
    .filter { cell in
      let verdict = CoherenceExpectation.of(cell, on: .running)?.verdict
      return cell.notApplicable == nil && cell.operation != .heapTrim
        && (verdict == .stale || verdict == .diverged)
    }
    .map(\.name)
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Device and CPU part` {
  @Test(arguments: PartedCells.all)
  func `in a cell staged by hand, by the bytes of both`(name: String) throws {
    let cell = try #require(CoherenceCell(name: name))
    let expected = try #require(CoherenceExpectation.of(cell, on: .running)?.verdict)
    let memory = try StagedMapping(cell.memory)
    // A file since 6.5 is pinned for reading only, so nothing can be written out of sight.
    let isWritten = expected == .diverged
    let loop = try LoopbackFixture()
    var access: AccessFlags = isWritten ? [.localWrite, .remoteRead, .remoteWrite] : .remoteRead
    if cell.registration == .window { access.insert(.windowBind) }
    let region = try MemoryRegion(in: loop.domain, range: memory.range, access: access)
    var window = try MemoryWindow(in: loop.domain, kind: .type2)
    var key = region.rkey
    if cell.registration == .window {
      let bound = try loop.pair.responder.bind(
        &window,
        to: memory.range,
        of: region,
        access: [.remoteRead, .remoteWrite]
      )
      #expect(bound.status == .success)
      key = window.rkey
    }
    let half = StagedMapping.length / 2
    let old = (0..<256).map { HostBuffer.pattern(71, $0) }
    for offset in [0, half] { memory.put(old, at: offset) }
    let before = RemoteMemory(address: memory.start, rkey: key)
    #expect(try loop.read(256, from: before).status == .success)
    #expect(loop.near.copy(0, 256) == old)

    let offset = try memory.separate(by: cell.operation)
    let remote = RemoteMemory(address: memory.start + offset, rkey: key)
    loop.near.fill(seed: 1)
    #expect(try loop.read(256, from: remote).status == .success)
    #expect(loop.near.copy(0, 256) == old)
    let seen = memory.seen(offset, 256)
    #expect(seen == nil || seen == [UInt8](repeating: 0, count: 256))

    if isWritten {
      loop.near.fill(seed: 72)
      #expect(try loop.write(256, to: remote).status == .success)
      #expect(memory.seen(offset, 256) == seen)
      #expect(try loop.read(256, into: 1024, from: remote).status == .success)
      #expect(loop.near.copy(1024, 256) == loop.near.copy(0, 256))
    }
    try window.deallocate()
    try region.deregister()
  }

  @Test func `are all of those that the kernel is known for`() {
    // Pinned regions and windows alike; files are pinned for reading only since 6.5, and take no window.
    #expect(PartedCells.all.count == 64 || RXE.kernel < (6, 5))
    #expect(PartedCells.all.count >= 64)
  }

  // In a process of its own, as it changes how the heap works.
  @Test(arguments: [CoherenceRegistration.pinned, .window])
  func `when the allocator gives the heap's end back`(registration: CoherenceRegistration) async {
    let bindsWindow = registration == .window
    await #expect(processExitsWith: .success) { [bindsWindow = bindsWindow as Bool] in
      fixtures_tune_heap(32 << 20, 128 << 10)
      let loop = try LoopbackFixture()
      var window = try MemoryWindow(in: loop.domain, kind: .type2)
      var block: UnsafeMutableRawPointer?
      let first = unsafe posix_memalign(&block, 2 << 20, 4 << 20)
      try #require(first == 0)
      let address = UInt64(UInt(bitPattern: block))
      let range = AddressRange(start: address, length: 4 << 20)
      let bytes = unsafe UnsafeMutableRawBufferPointer(start: block, count: 4 << 20)
      unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0x5A)
      let region = try MemoryRegion(
        in: loop.domain,
        range: range,
        access: LoopbackFixture.everything
      )
      var key = region.rkey
      if bindsWindow {
        _ = try loop.pair.responder.bind(
          &window,
          to: range,
          of: region,
          access: [.remoteRead, .remoteWrite]
        )
        key = window.rkey
      }
      unsafe free(block)
      let second = unsafe posix_memalign(&block, 2 << 20, 4 << 20)
      try #require(second == 0)
      let again = UInt64(UInt(bitPattern: block))
      try #require(again == address, "the same block again")
      let remote = RemoteMemory(address: address + 8192, rkey: key)
      #expect(try loop.read(64, from: remote).status == .success)
      #expect(loop.near.copy(0, 64) == [UInt8](repeating: 0x5A, count: 64))
      let zeroes = [UInt8](repeating: 0, count: 64)
      let fresh = unsafe UnsafeRawBufferPointer(start: block, count: 8192 + 64)
      var seen = unsafe Array(fresh[8192...])
      #expect(seen == zeroes)
      loop.near.fill(seed: 9)
      #expect(try loop.write(64, to: remote).status == .success)
      seen = unsafe Array(fresh[8192...])
      #expect(seen == zeroes)
      try window.deallocate()
      try region.deregister()
    }
  }
}
