import Testing

@testable import MemRegCommands
@testable import Tracing

/// The kernel gives a region's address to the next as soon as it has freed it, which can be before the deregistration
/// has returned in its thread.
@Suite struct `Two regions at one address in the kernel` {
  private static func record(_ kind: CallKind, of process: UInt64) throws -> TraceRecord {
    var words = [UInt64](repeating: 0, count: RecordLayout.short / 8)
    words[RecordLayout.owner / 8] = process << 32 | process
    words[RecordLayout.operation / 8] = UInt64(kind.rawValue)
    words[RecordLayout.region / 8] = 0xffff_8880_0001_0000
    return try #require(TraceRecord(words))
  }

  @Test func `belong to the processes that made them, in whatever order they end`() throws {
    for order in [[1, 2], [2, 1]] as [[UInt64]] {
      var regions = TracedRegions()
      for process in [1, 2] as [UInt64] {
        let made = regions.call(try Self.record(.register, of: process))
        #expect(made.process == Int32(process))
        #expect(made.region == Int(process))
      }
      for process in order {
        let ended = regions.call(try Self.record(.deregister, of: process))
        #expect(ended.process == Int32(process))
        #expect(ended.region == Int(process))
      }
    }
  }
}
