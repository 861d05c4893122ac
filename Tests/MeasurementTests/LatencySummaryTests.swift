import Measurement
import Testing

@Suite struct `A latency summary` {
  @Test func `of 1 to 1000 has the percentiles by rank`() throws {
    let summary = try #require(LatencySummary(of: (1...1000).reversed()))
    #expect(summary.count == 1000)
    #expect(summary.min == 1)
    #expect(summary.median == 500)
    #expect(summary.p90 == 900)
    #expect(summary.p99 == 990)
    #expect(summary.p999 == 999)
    #expect(summary.max == 1000)
    #expect(summary.mean == 500.5)
  }

  @Test func `of one sample is that sample everywhere`() throws {
    let summary = try #require(LatencySummary(of: [26_280]))
    #expect(
      [summary.min, summary.median, summary.p90, summary.p99, summary.p999, summary.max]
        == [26_280, 26_280, 26_280, 26_280, 26_280, 26_280]
    )
  }

  @Test func `keeps four digits of long times and the exact extremes`() throws {
    let summary = try #require(LatencySummary(of: [149_647_001, 149_647_003, 158_403_999]))
    #expect(summary.min == 149_647_001)
    #expect(summary.max == 158_403_999)
    #expect(summary.median >= 149_647_003 && summary.median < 149_661_968)
  }

  @Test func `of zeros is zero, and of nothing is nil`() throws {
    #expect(try #require(LatencySummary(of: [0, 0])).p99 == 0)
    #expect(LatencySummary(of: []) == nil)
  }
}
