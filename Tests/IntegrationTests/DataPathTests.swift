import Glibc
import HostMemory
import LinuxSystem
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `The data path on rxe` {
  @Test(arguments: [(1, 0), (8, 8), (1024, 1), (4096, 0), (4097, 4095), (65536, 0)])
  func `an RDMA READ brings the bytes of the peer`(length: Int, offset: Int) throws {
    let loop = try LoopbackFixture(bytes: 131_072)
    loop.far.fill(seed: 1)
    loop.near.fill(seed: 2)
    let completion = try loop.read(UInt64(length), into: 3, from: loop.farAt(UInt64(offset)))
    #expect(completion.status == .success)
    #expect(Int(completion.byteCount) == length)
    #expect(loop.near.copy(3, length) == loop.far.copy(offset, length))
    #expect(loop.near.copy(3 + length, 8) == (0..<8).map { HostBuffer.pattern(2, 3 + length + $0) })
  }

  @Test(arguments: [(1, 0), (8, 8), (1024, 1), (4096, 0), (4097, 4095), (65536, 0)])
  func `an RDMA WRITE puts the bytes where it says and nowhere else`(
    length: Int,
    offset: Int
  ) throws {
    let loop = try LoopbackFixture(bytes: 131_072)
    loop.far.fill(seed: 1)
    loop.near.fill(seed: 2)
    let completion = try loop.write(UInt64(length), from: 5, to: loop.farAt(UInt64(offset)))
    #expect(completion.status == .success)
    #expect(loop.far.copy(offset, length) == loop.near.copy(5, length))
    let end = offset + length
    #expect(loop.far.copy(end, 8) == (0..<8).map { HostBuffer.pattern(1, end + $0) })
    #expect(loop.far.copy(0, offset) == (0..<offset).map { HostBuffer.pattern(1, $0) })
  }

  @Test func `a send fills the receive that was posted and carries its immediate value`() throws {
    let loop = try LoopbackFixture()
    loop.near.fill(seed: 7)
    let receive = try loop.farRegion.slice(
      AddressRange(start: loop.far.range.start + 128, length: 256)
    )
    let id = try unsafe loop.pair.responder.postReceive(receive)
    let slice = try loop.nearRegion.slice(loop.nearPart(0, 200))
    let sent = try loop.pair.requester.perform(.send(slice, immediate: 0xdead_beef))
    #expect(sent.status == .success)
    let end = try loop.pair.responder.receiveCompletions.next(within: .seconds(10))
    let received = try #require(end)
    #expect(received.id == id)
    #expect(received.status == .success)
    #expect(received.byteCount == 200)
    #expect(received.immediate == 0xdead_beef)
    #expect(loop.far.copy(128, 200) == loop.near.copy(0, 200))
    #expect(loop.far.copy(328, 8) == [0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func `a send larger than the receive ends in error on both sides`() throws {
    let loop = try LoopbackFixture()
    let receive = try loop.farRegion.slice(AddressRange(start: loop.far.range.start, length: 16))
    _ = try unsafe loop.pair.responder.postReceive(receive)
    loop.near.fill(seed: 6)
    let slice = try loop.nearRegion.slice(loop.nearPart(0, 32))
    let sent = try loop.pair.requester.perform(.send(slice))
    #expect(sent.status == .remoteOperation)
    let end = try loop.pair.responder.receiveCompletions.next(within: .seconds(10))
    let received = try #require(end)
    #expect(received.status == .localOperation)
    #expect(loop.far.copy(0, 32) == [UInt8](repeating: 0, count: 32))
  }

  @Test func `a send without a receive ends as receiver not ready`() throws {
    let loop = try LoopbackFixture()
    let slice = try loop.nearRegion.slice(loop.nearPart(0, 32))
    let unreceived = try loop.pair.requester.perform(.send(slice))
    #expect(unreceived.status == .receiverNotReady)
  }

  @Test func `fetch-add returns the old value and adds`() throws {
    let loop = try LoopbackFixture()
    loop.far.store(41, at: 64)
    let slice = try loop.nearRegion.slice(loop.nearPart(8, 8))
    let completion = try loop.pair.requester.perform(
      .fetchAdd(slice, to: loop.farAt(64), adding: 1_000_000_000_001)
    )
    #expect(completion.status == .success)
    #expect(loop.near.word(at: 8) == 41)
    #expect(loop.far.word(at: 64) == 1_000_000_000_042)
  }

  @Test func `compare-swap swaps only what it expected`() throws {
    let loop = try LoopbackFixture()
    loop.far.store(5, at: 0)
    let slice = try loop.nearRegion.slice(loop.nearPart(0, 8))
    var request = loop.farAt(0)
    _ = try loop.pair.requester.perform(.compareSwap(slice, at: request, compare: 4, swap: 9))
    #expect(loop.far.word(at: 0) == 5)
    #expect(loop.near.word(at: 0) == 5)
    request = loop.farAt(0)
    _ = try loop.pair.requester.perform(.compareSwap(slice, at: request, compare: 5, swap: 9))
    #expect(loop.far.word(at: 0) == 9)
    #expect(loop.near.word(at: 0) == 5)
  }

  @Test func `an atomic on an address that is not a multiple of 8 is refused`() throws {
    let loop = try LoopbackFixture()
    let slice = try loop.nearRegion.slice(loop.nearPart(0, 8))
    #expect(throws: VerbsError("ibv_post_send", code: .EINVAL)) {
      _ = try loop.pair.requester.perform(.fetchAdd(slice, to: loop.farAt(4), adding: 1))
    }
    #expect(loop.far.word(at: 4) == 0)
  }

  @Test(
    arguments: [
      ("read", AccessFlags([.localWrite, .remoteWrite])),
      ("write", AccessFlags([.localWrite, .remoteRead])),
      ("atomic", AccessFlags([.localWrite, .remoteRead, .remoteWrite])),
    ]
  )
  func `an access the region does not allow is a remote access error`(
    operation: String,
    access: AccessFlags
  ) throws {
    let loop = try LoopbackFixture(farAccess: access)
    loop.far.fill(seed: 4)
    let slice = try loop.nearRegion.slice(loop.nearPart(0, 8))
    let remote = loop.farAt(0)
    let completion =
      switch operation {
      case "read": try loop.pair.requester.perform(.read(slice, from: remote))
      case "write": try loop.pair.requester.perform(.write(slice, to: remote))
      default: try loop.pair.requester.perform(.fetchAdd(slice, to: remote, adding: 1))
      }
    #expect(completion.status == .remoteAccess)
    #expect(loop.far.copy(0, 8) == (0..<8).map { HostBuffer.pattern(4, $0) })
    #expect(loop.near.copy(0, 8) == [0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func `a wrong key and a range out of bounds fail, and a new connection works`() throws {
    let loop = try LoopbackFixture()
    loop.far.fill(seed: 3)
    #expect(
      try loop.read(8, from: loop.farAt(0, key: loop.farRegion.rkey ^ 0x10)).status == .remoteAccess
    )
    let stopped = try loop.read(8, from: loop.farAt(0))
    #expect(stopped.status == .flushed)
    try loop.pair.reconnect()
    let crossing = try loop.read(8, from: loop.farAt(65536 - 4))
    #expect(crossing.status == .remoteAccess)
    try loop.pair.reconnect()
    let lastBytes = try loop.read(8, from: loop.farAt(65536 - 8))
    #expect(lastBytes.status == .success)
    #expect(loop.near.copy(0, 8) == loop.far.copy(65528, 8))
  }

  @Test func `a local range outside the region is refused before it is posted`() throws {
    let loop = try LoopbackFixture()
    for (offset, length) in [(0, 65537), (65536, 1), (65535, 2)] as [(UInt64, UInt64)] {
      #expect(throws: VerbsError("ibv_post_send", code: .ERANGE)) {
        _ = try loop.nearRegion.slice(loop.nearPart(offset, length))
      }
    }
    #expect(throws: VerbsError.self) {
      let before = AddressRange(start: loop.near.range.start - 1, length: 2)
      _ = try loop.nearRegion.slice(before)
    }
    #expect(throws: VerbsError.self) {
      let wrapping = AddressRange(start: loop.near.range.start, length: .max)
      _ = try loop.nearRegion.slice(wrapping)
    }
  }

  @Test func `many requests at once end in the order they were posted`() throws {
    let loop = try LoopbackFixture()
    loop.far.fill(seed: 9)
    var posted: [UInt64] = []
    for index in 0..<UInt64(32) {
      let slice = try loop.nearRegion.slice(loop.nearPart(index * 1024, 1024))
      let remote = loop.farAt(index * 1024)
      posted.append(try unsafe loop.pair.requester.post(.read(slice, from: remote)))
    }
    var ended: [UInt64] = []
    while ended.count < posted.count {
      let next = try loop.pair.requester.sendCompletions.next(within: .seconds(10))
      let completion = try #require(next)
      #expect(completion.status == .success)
      ended.append(completion.id)
    }
    #expect(ended == posted)
    #expect(loop.near.copy(0, 32768) == loop.far.copy(0, 32768))
  }

  @Test func `nothing is left behind and no release fails`() throws {
    let before = try ProcessStatus().pinned
    let failures = ReleaseFailures.count
    do {
      let loop = try LoopbackFixture()
      _ = try loop.read(8, from: loop.farAt(0))
      #expect(try ProcessStatus().pinned == before + 2 * 65536)
    }
    #expect(try ProcessStatus().pinned == before)
    #expect(ReleaseFailures.count == failures)
  }
}
