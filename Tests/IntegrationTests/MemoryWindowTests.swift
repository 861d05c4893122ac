import Glibc
import HostMemory
import LinuxSystem
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Memory windows on rxe` {
  @Test(arguments: MemoryWindow.Kind.allCases)
  func `give a key to a part of a region and take it back`(kind: MemoryWindow.Kind) throws {
    let loop = try LoopbackFixture()
    loop.far.fill(seed: 11)
    var window = try MemoryWindow(in: loop.domain, kind: kind)
    let part = AddressRange(start: loop.far.range.start + 4096, length: 4096)
    let bound = try loop.pair.responder.bind(
      &window,
      to: part,
      of: loop.farRegion,
      access: [.remoteRead, .remoteWrite]
    )
    #expect(bound.status == .success)
    let key = window.rkey
    #expect(key != loop.farRegion.rkey)
    let inside = try loop.read(64, from: loop.farAt(4096, key: key))
    #expect(inside.status == .success)
    #expect(loop.near.copy(0, 64) == loop.far.copy(4096, 64))
    let outside = try loop.read(8, from: loop.farAt(65532, key: key))
    #expect(outside.status == .remoteAccess)
  }

  /// A window that reads all of the far side.
  private func readingWindow(
    _ loop: borrowing LoopbackFixture,
    kind: MemoryWindow.Kind = .type2
  ) throws -> MemoryWindow {
    var window = try MemoryWindow(in: loop.domain, kind: kind)
    _ = try loop.pair.responder.bind(
      &window,
      to: loop.far.range,
      of: loop.farRegion,
      access: .remoteRead
    )
    return window
  }

  /// Reads through a window until this side takes it back.
  private func expectUnbinding(
    _ window: inout MemoryWindow,
    _ loop: borrowing LoopbackFixture
  ) throws {
    let key = window.rkey
    let before = try loop.read(8, from: loop.farAt(0, key: key))
    #expect(before.status == .success)
    let unbound = try loop.pair.responder.unbind(&window, of: loop.farRegion)
    #expect(unbound.status == .success)
    let after = try loop.read(8, from: loop.farAt(0, key: key))
    #expect(after.status == .remoteAccess)
  }

  @Test func `of type 1 unbind by binding to nothing`() throws {
    let loop = try LoopbackFixture()
    var window = try readingWindow(loop, kind: .type1)
    try expectUnbinding(&window, loop)
  }

  @Test func `of type 2 are revoked by this side`() throws {
    let loop = try LoopbackFixture()
    var window = try readingWindow(loop)
    try expectUnbinding(&window, loop)
  }

  @Test func `of type 2 are revoked by the peer's send`() throws {
    let loop = try LoopbackFixture()
    let window = try readingWindow(loop)
    let key = window.rkey
    let receive = try loop.farRegion.slice(AddressRange(start: loop.far.range.start, length: 64))
    _ = try unsafe loop.pair.responder.postReceive(receive)
    let slice = try loop.nearRegion.slice(loop.nearPart(0, 8))
    let sent = try loop.pair.requester.perform(.send(slice, invalidating: key))
    #expect(sent.status == .success)
    let end = try loop.pair.responder.receiveCompletions.next(within: .seconds(10))
    let received = try #require(end)
    #expect(received.status == .success)
    let result10 = try loop.read(8, from: loop.farAt(0, key: key))
    #expect(result10.status == .remoteAccess)
  }

  @Test func `keep their region from being deregistered until they go`() throws {
    let loop = try LoopbackFixture()
    let buffer = try HostBuffer(.anonymous, length: 8192)
    let region = try MemoryRegion(
      in: loop.domain,
      range: buffer.range,
      access: LoopbackFixture.everything
    )
    var window = try MemoryWindow(in: loop.domain, kind: .type2)
    let before = try ProcessStatus().pinned
    _ = try loop.pair.responder.bind(&window, to: buffer.range, of: region, access: .remoteRead)
    #expect(try ProcessStatus().pinned == before)
    var failure: VerbsError?
    do { try region.deregister() } catch { failure = error }
    #expect(failure == VerbsError("ibv_dereg_mr", code: .EINVAL))
    #expect(try ProcessStatus().pinned == before)
    try window.deallocate()
  }

  @Test func `need a region that allows binding`() throws {
    let loop = try LoopbackFixture(farAccess: [.localWrite, .remoteRead])
    var window = try MemoryWindow(in: loop.domain, kind: .type2)
    let refused = try loop.pair.responder.bind(
      &window,
      to: loop.far.range,
      of: loop.farRegion,
      access: .remoteRead
    )
    #expect(refused.status != .success)
  }
}
