import Testing

@testable import MemRegCommands
@testable import Tracing

/// The kernel gives a region's address to the next as soon as it has freed it, which can be before the deregistration
/// has returned in its thread.
@Suite struct `Two regions at one address in the kernel` {
  private static func record(
    _ kind: CallKind,
    of process: UInt64,
    from begin: UInt64,
    to end: UInt64
  ) throws -> TraceRecord {
    var words = [UInt64](repeating: 0, count: RecordLayout.short / 8)
    words[RecordLayout.owner / 8] = process << 32 | process
    words[RecordLayout.operation / 8] = UInt64(kind.rawValue)
    words[RecordLayout.region / 8] = 0xffff_8880_0001_0000
    words[RecordLayout.begin / 8] = begin
    words[RecordLayout.end / 8] = end
    return try #require(TraceRecord(words))
  }

  /// Every region ends while the ones after it are made and ended: its deregistration begins at `10 * n + 5`, right after
  /// its registration at `10 * n`, and returns in the order given.
  @Test(arguments: [1, 2, 3, 16], [false, true])
  func `belong to the calls that made them, in whatever order their ends return`(
    count: Int,
    isReversed: Bool
  ) throws {
    for processes in [1, count] {
      var regions = TracedRegions()
      func process(_ number: Int) -> UInt64 { UInt64(1 + number % processes) }
      for number in 1...count {
        let begin = UInt64(10 * number)
        let made = regions.call(
          try Self.record(.register, of: process(number), from: begin, to: begin + 1)
        )
        #expect(made.process == Int32(process(number)))
        #expect(made.region == number)
      }
      let order = isReversed ? Array((1...count).reversed()) : Array(1...count)
      for (turn, number) in order.enumerated() {
        let ended = regions.call(
          try Self.record(
            .deregister,
            of: process(number),
            from: UInt64(10 * number + 5),
            to: UInt64(1000 + turn)
          )
        )
        #expect(ended.process == Int32(process(number)))
        #expect(ended.region == number)
      }
    }
  }

  @Test func `are told apart after ends that the trace has lost`() throws {
    var regions = TracedRegions()
    for number in 1...100 {
      let begin = UInt64(10 * number)
      _ = regions.call(try Self.record(.register, of: 1, from: begin, to: begin + 1))
    }
    #expect(regions.call(try Self.record(.deregister, of: 1, from: 1005, to: 1006)).region == 100)
  }
}
