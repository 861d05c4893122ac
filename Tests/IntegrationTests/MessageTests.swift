import Glibc
import HostMemory
import LinuxSystem
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Messages on rxe` {
  private func part(_ buffer: borrowing HostBuffer, _ offset: UInt64, _ length: UInt64)
    -> AddressRange
  {
    AddressRange(start: buffer.range.start + offset, length: length)
  }

  @Test func `a datagram arrives behind 40 bytes for its header`() throws {
    let loop = try LoopbackFixture()
    let address = try PortAddress(of: loop.domain.context)
    let sender = try DatagramQueuePair(in: loop.domain, on: address)
    let receiver = try DatagramQueuePair(in: loop.domain, on: address)
    let handle = try AddressHandle(in: loop.domain, from: address, to: address)
    loop.near.fill(seed: 51)
    let whole = try loop.farRegion.slice(part(loop.far, 100, 240))
    let (header, room) = (
      try loop.farRegion.slice(part(loop.far, 4000, 40)),
      try loop.farRegion.slice(part(loop.far, 8000, 200))
    )
    let ids = [
      try unsafe receiver.postReceive(whole), try unsafe receiver.postReceive(header, then: room),
    ]
    for (id, offset) in zip(ids, [140, 8000]) {
      let slice = try loop.nearRegion.slice(loop.nearPart(UInt64(offset), 200))
      let sent = try sender.send(slice, to: receiver.number, behind: handle)
      #expect(sent.status == .success)
      let end = try receiver.receiveCompletions.next(within: .seconds(10))
      let received = try #require(end)
      #expect(received.status == .success)
      #expect(received.id == id)
      #expect(received.byteCount == 240)
      #expect(loop.far.copy(offset, 200) == loop.near.copy(offset, 200))
      #expect(loop.far.copy(offset + 200, 8) == [UInt8](repeating: 0, count: 8))
    }
  }

  @Test func `a datagram that nobody waits for is lost, and the sender hears nothing of it`() throws
  {
    let loop = try LoopbackFixture()
    let address = try PortAddress(of: loop.domain.context)
    let sender = try DatagramQueuePair(in: loop.domain, on: address)
    let receiver = try DatagramQueuePair(in: loop.domain, on: address)
    let handle = try AddressHandle(in: loop.domain, from: address, to: address)
    for number in [receiver.number, 0xff_fff0] {
      let slice = try loop.nearRegion.slice(loop.nearPart(0, 64))
      let sent = try sender.send(slice, to: number, behind: handle)
      #expect(sent.status == .success)
    }
    let nothing = try receiver.receiveCompletions.poll()
    #expect(nothing == nil)
  }

  @Test func `a request gathers from two regions, and a receive scatters into two`() throws {
    let loop = try LoopbackFixture()
    loop.near.fill(seed: 52)
    loop.far.fill(seed: 53)
    let first = loop.near.copy(16, 100)
    let second = loop.far.copy(1000, 50)
    let (head, tail) = (
      try loop.farRegion.slice(part(loop.far, 8192, 30)),
      try loop.nearRegion.slice(loop.nearPart(8192, 200))
    )
    _ = try unsafe loop.pair.responder.postReceive(head, then: tail)
    let (one, other) = (
      try loop.nearRegion.slice(loop.nearPart(16, 100)),
      try loop.farRegion.slice(part(loop.far, 1000, 50))
    )
    let sent = try loop.pair.requester.perform(.send(one).followed(by: other))
    #expect(sent.status == .success)
    let end = try loop.pair.responder.receiveCompletions.next(within: .seconds(10))
    #expect(end?.byteCount == 150)
    #expect(loop.far.copy(8192, 30) + loop.near.copy(8192, 120) == first + second)
    #expect(loop.near.copy(8312, 8) == (0..<8).map { HostBuffer.pattern(52, 8312 + $0) })

    let written = try loop.pair.requester.perform(
      .write(one, to: loop.farAt(20000)).followed(by: other)
    )
    #expect(written.status == .success)
    #expect(loop.far.copy(20000, 150) == first + second)

    let (left, right) = (
      try loop.nearRegion.slice(loop.nearPart(30000, 70)),
      try loop.farRegion.slice(part(loop.far, 30000, 80))
    )
    let read = try loop.pair.requester.perform(
      .read(left, from: loop.farAt(20000)).followed(by: right)
    )
    #expect(read.status == .success)
    #expect(loop.near.copy(30000, 70) + loop.far.copy(30000, 80) == first + second)
  }

  @Test func `an atomic write puts eight bytes in place, where the driver knows it`() throws {
    let loop = try LoopbackFixture(withAtomicWrite: true)
    loop.far.store(7, at: 64)
    let written = try loop.pair.requester.atomicWrite(0x0102_0304_0506_0708, to: loop.farAt(64))
    let isKnown = try loop.domain.context.attributes().capabilities.contains(.atomicWrite)
    #expect(isKnown == (RXE.kernel >= (6, 2)))
    #expect(written.status == (isKnown ? .success : .localOperation))
    #expect(loop.far.word(at: 64) == (isKnown ? 0x0102_0304_0506_0708 : 7))
    #expect(loop.far.word(at: 56) == 0)
    #expect(loop.far.word(at: 72) == 0)
  }

  @Test func `an atomic write takes a pair that was made for it`() throws {
    let loop = try LoopbackFixture()
    #expect(throws: VerbsError("ibv_wr_atomic_write", code: .EOPNOTSUPP)) {
      _ = try loop.pair.requester.atomicWrite(1, to: loop.farAt(0))
    }
    let read = try loop.read(8, from: loop.farAt(0))
    #expect(read.status == .success)
  }
}
