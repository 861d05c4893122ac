import ArgumentParser
import Documents
import HostMemory
import MemoryRegistration
import RegistrationCache
import Testing
import Verbs

@testable import Benchmarking
@testable import MemRegCommands

@Suite struct `Registration traces` {
  private func register(_ region: Int, _ address: UInt64, _ length: UInt64) -> TraceEvent {
    var event = TraceEvent(.register)
    (event.region, event.address, event.lengthBytes) = (region, address, length)
    (event.access, event.errno) = (7, 0)
    return event
  }

  private func deregister(_ region: Int) -> TraceEvent {
    var event = TraceEvent(.deregister)
    (event.region, event.errno) = (region, 0)
    return event
  }

  private func file(_ lines: [String]) throws -> String {
    let scratch = "/tmp/memreg-trace-\(UInt64.random(in: 0 ... .max)).jsonl"
    try AtomicFile.write(lines.joined(separator: "\n"), to: OutputPlace(own: scratch))
    return scratch
  }

  private func events(in path: String) throws -> [TraceEvent] {
    var events: [TraceEvent] = []
    try TraceFile.forEach(in: path) { events.append($0) }
    return events
  }

  @Test func `come back from a file as they were written`() throws {
    let path = try file([])
    var unfinished = register(2, 1 << 40, 4096)
    (unfinished.errno, unfinished.region) = (nil, nil)
    let events = [register(1, 0x7fff_ffff_f000, 1), unfinished, deregister(1)]
    var trace = try TraceFile.Writer("program \"one\"", to: OutputPlace(own: path))
    for event in events { try trace.append(event) }
    try trace.commit()
    #expect(try self.events(in: path) == events)
  }

  @Test func `pair each deregistration with its region, and end with what never ended`() {
    let trace = Trace([
      register(1, 4096, 10), register(2, 8192, 10), deregister(1), register(3, 4096, 10),
      deregister(9),
    ])
    #expect(trace.uses == 3)
    #expect(trace.slots == 2)
    #expect(trace.skipped == 1)
    var open: Set<Int> = []
    for step in trace.steps {
      switch step {
      case .begin(let slot, _, _): #expect(open.insert(slot).inserted)
      case .end(let slot): #expect(open.remove(slot) != nil)
      case .unmap: Issue.record("nothing was unmapped")
      }
    }
    #expect(open.isEmpty)
  }

  @Test func `leave out failed calls, unfinished calls and buffers of devices`() {
    var (failed, unfinished, device) = (
      register(1, 4096, 8), register(2, 4096, 8), register(3, 4096, 8)
    )
    failed.errno = 12
    unfinished.errno = nil
    device.dmabuf = 5
    let trace = Trace([failed, unfinished, device])
    #expect(trace.uses == 0)
    #expect(trace.skipped == 3)
  }

  @Test(arguments: [
    (["{}"], "line 1"), (["{\"event\":\"trace\",\"schema\":\"other/1\"}"], "line 1"),
    (["{\"event\":\"trace\",\"schema\":\"memreg.trace/1\"}"], "nothing is recorded"),
    (
      ["{\"event\":\"trace\",\"schema\":\"memreg.trace/1\"}", "{\"event\":\"register\"}"], "line 2"
    ),
    (
      [
        "{\"event\":\"trace\",\"schema\":\"memreg.trace/1\"}",
        "{\"event\":\"unmap\",\"address\":18446744073709551615,\"length_bytes\":2}",
      ], "outside user space"
    ),
  ])
  func `name the line that is wrong`(lines: [String], part: String) throws {
    let path = try file(lines)
    do {
      _ = try events(in: path)
      Issue.record("a wrong trace was read")
    } catch let failure as CommandFailure {
      #expect(failure.status == .dataError)
      #expect(failure.message.contains(part), "\(failure.message)")
    }
  }

  @Test(arguments: TracePattern.allCases)
  func `of a pattern are the same for the same seed, and end every use`(
    pattern: TracePattern
  ) {
    var scale = TracePattern.Scale()
    (scale.uses, scale.buffers) = (3000, 32)
    let (one, two) = (pattern.trace(scale), pattern.trace(scale))
    #expect(one.uses == 3000)
    #expect(one.slots <= scale.window)
    #expect(one.steps.map { "\($0)" } == two.steps.map { "\($0)" })
    var open = 0
    for step in one.steps {
      switch step {
      case .begin: open += 1
      case .end: open -= 1
      // Nobody gives memory back that is in use.
      case .unmap: #expect(open == 0)
      }
    }
    #expect(open == 0)
  }

  @Test func `keep neighbours, offsets and holes when they get memory of their own`() throws {
    let base: UInt64 = 1 << 44
    let trace = Trace([
      register(1, base + 100, 4096), register(2, base + 8192, 4096),
      register(3, base + (1 << 30), 50),
    ])
    let arena = try ReplayArena(for: trace)
    #expect(arena.bytes == 4 * 4096)
    let first = arena.place(AddressRange(start: base + 100, length: 4096))
    let second = arena.place(AddressRange(start: base + 8192, length: 4096))
    #expect(second.start - first.start == 8092)
    let far = arena.place(AddressRange(start: base + (1 << 30), length: 50))
    #expect(far.start - second.end >= 4096)
    let unmapped = arena.places(within: AddressRange(start: base + 50, length: 2 << 30))
    #expect(unmapped.map(\.length) == [2 * 4096, 4096])
  }

  @Test(arguments: [
    ("none", ReplayPolicy.none), ("cache", .cache(regions: nil, bytes: nil)),
    ("cache:64", .cache(regions: 64, bytes: nil)),
    ("cache:1M", .cache(regions: nil, bytes: 1 << 20)), ("odp", .odp), ("copy", .copy),
  ])
  func `are replayed under the policy that was named`(name: String, policy: ReplayPolicy) {
    #expect(ReplayPolicy(name[...]) == policy)
  }

  @Test(arguments: ["", "cache:", "cache:0", "cache:-1", "cache:1X", "Cache", "cache:64:64"])
  func `are replayed under no policy of another name`(name: String) {
    #expect(ReplayPolicy(name[...]) == nil)
  }

  @Test func `of a ring hit all but once each in a cache, and never in one that is too small`()
    throws
  {
    var scale = TracePattern.Scale()
    (scale.uses, scale.buffers, scale.size) = (2000, 16, 8192)
    let replay = try CacheReplay(
      TracePattern.ring.trace(scale),
      ReplayStrategies(.ioUring, .parse([]))
    )
    let whole = try replay.run(.cache(regions: nil, bytes: nil))
    #expect(whole.failures == 0)
    #expect(whole.statistics.misses == 16)
    #expect(whole.statistics.hits == 1984)
    let small = try replay.run(.cache(regions: 10, bytes: nil))
    #expect(small.statistics.hits == 0)
    #expect(small.statistics.evictions == 1990)
    #expect(small.failures == 0)
    let none = try replay.run(.none)
    #expect(none.statistics.misses == 2000)
    #expect(none.failures == 0)
  }

  @Test func `that unmap memory make the cache register it anew`() throws {
    var trace = Trace()
    let range = AddressRange(start: 1 << 40, length: 8192)
    for _ in 0..<5 {
      trace.end(trace.begin(range, [.localWrite]))
      trace.end(trace.begin(range, [.localWrite]))
      trace.unmap(range)
    }
    let replay = try CacheReplay(trace, ReplayStrategies(.ioUring, .parse([])))
    let run = try replay.run(.cache(regions: nil, bytes: nil))
    #expect(run.statistics.misses == 5)
    #expect(run.statistics.hits == 5)
    #expect(run.statistics.invalidations == 5)
    #expect(run.failures == 0)
  }
}
