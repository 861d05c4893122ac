internal import Histogram

/// What a set of times says: extremes, percentiles and the mean, all in nanoseconds.
///
/// Percentiles come from an HDR histogram of four significant digits, so times below 32.8 µs are exact.
public struct LatencySummary: Equatable, Sendable {
  /// How many times were taken.
  public let count: Int
  /// The shortest time.
  public let min: UInt64
  /// The 50th percentile.
  public let median: UInt64
  /// The 90th percentile.
  public let p90: UInt64
  /// The 99th percentile.
  public let p99: UInt64
  /// The 99.9th percentile, which is the maximum for fewer than 1000 times.
  public let p999: UInt64
  /// The longest time.
  public let max: UInt64
  /// The arithmetic mean.
  public let mean: Double

  /// Summarises `samples` in nanoseconds; `nil` when there are none.
  public init?(of samples: [UInt64]) {
    guard let shortest = samples.min(), let longest = samples.max() else { return nil }
    var histogram = Histogram<UInt64>(
      highestTrackableValue: Swift.max(longest, 2),
      numberOfSignificantValueDigits: .four
    )
    for sample in samples { histogram.record(sample) }
    // A bucket is named by its upper end, which may lie past every sample in it.
    func percentile(_ rank: Double) -> UInt64 {
      Swift.min(Swift.max(histogram.valueAtPercentile(rank), shortest), longest)
    }
    count = samples.count
    min = shortest
    median = percentile(50)
    p90 = percentile(90)
    p99 = percentile(99)
    p999 = percentile(99.9)
    max = longest
    mean = samples.reduce(0) { $0 + Double($1) } / Double(samples.count)
  }
}
