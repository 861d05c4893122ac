import Testing

@testable import Tracing

@Suite struct `Counts of durations` {
  @Test func `are exact below 32 ns and known to 3 % above`() {
    for exponent in 0..<63 {
      for offset: UInt64 in [0, 1, (1 << exponent) / 3, (1 << exponent) - 1] {
        let duration = (UInt64(1) << exponent) + min(offset, (1 << exponent) - 1)
        var counts = DurationCounts()
        counts.record(duration)
        let shown = counts.nanoseconds(atQuantile: 0.5) ?? 0
        let error = Double(
          shown.subtractingReportingOverflow(duration).overflow
            ? duration - shown : shown - duration
        )
        #expect(duration < 32 ? shown == duration : error / Double(duration) <= 1 / 32)
      }
    }
  }

  @Test func `give the quantiles of what was recorded`() {
    var counts = DurationCounts()
    for duration in UInt64(1)...20 { counts.record(duration) }
    #expect(counts.count == 20)
    #expect(counts.nanoseconds == 210)
    #expect(counts.nanoseconds(atQuantile: 0.5) == 10)
    #expect(counts.nanoseconds(atQuantile: 0.95) == 19)
    #expect(counts.nanoseconds(atQuantile: 1) == 20)
    #expect(DurationCounts().nanoseconds(atQuantile: 0.5) == nil)
  }

  @Test func `have buckets that follow one another without a gap`() {
    for bucket in 0..<DurationCounts.bucket(of: .max) {
      let next = DurationCounts.start(of: bucket + 1)
      #expect(DurationCounts.bucket(of: next) == bucket + 1)
      #expect(DurationCounts.bucket(of: next - 1) == bucket)
    }
    #expect(DurationCounts.bucket(of: .max) < DurationCounts.bucketCount)
  }
}
