import AllocationFaults
import HostMemory
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Polling a completion queue` {
  @Test func `allocates nothing, whether a completion is there or not`() throws {
    let loop = try LoopbackFixture()
    let queue = loop.pair.requester.sendCompletions
    _ = try loop.read(64, from: loop.farAt(0))
    let empty = allocation_count()
    for _ in 0..<1000 { _ = try queue.poll() }
    #expect(allocation_count() == empty)

    let slice = try loop.nearRegion.slice(loop.nearPart(0, 64))
    for _ in 0..<32 {
      _ = try unsafe loop.pair.requester.post(.read(slice, from: loop.farAt(0)))
    }
    let before = allocation_count()
    var completions = 0
    while completions < 32 { if try queue.poll() != nil { completions += 1 } }
    #expect(allocation_count() == before)

    let boxes = (0..<8).map { [$0] }
    #expect(allocation_count() > before, "the counter counts: \(boxes.count)")
  }

  @Test func `and moving bytes allocates nothing either`() throws {
    let loop = try LoopbackFixture()
    let slice = try loop.nearRegion.slice(loop.nearPart(0, 64))
    _ = try loop.pair.requester.perform(.read(slice, from: loop.farAt(0)))
    let before = allocation_count()
    var failures = 0
    for _ in 0..<100 {
      let end = try loop.pair.requester.perform(.read(slice, from: loop.farAt(0)))
      if end.status != .success { failures += 1 }
    }
    #expect(allocation_count() == before)
    #expect(failures == 0)
  }
}
