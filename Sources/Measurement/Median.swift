/// Medians of times, exact.
public enum Median {
  /// The median of `samples` in any order, the mean of the middle two where there are two; 0 for none.
  public static func of(_ samples: [UInt64]) -> Double { of(sorted: samples.sorted()) }

  static func of(sorted samples: [UInt64]) -> Double {
    guard !samples.isEmpty else { return 0 }
    let middle = samples.count / 2
    guard samples.count.isMultiple(of: 2) else { return Double(samples[middle]) }
    return (Double(samples[middle - 1]) + Double(samples[middle])) / 2
  }

  /// The median of as many draws with replacement, found by counting instead of sorting.
  static func resampled(_ sorted: [UInt64], using generator: inout SplitMix) -> Double {
    var draws = [Int32](repeating: 0, count: sorted.count)
    for _ in sorted.indices { draws[generator.index(below: sorted.count)] += 1 }
    var remaining = (sorted.count + 1) / 2
    for (index, count) in draws.enumerated() {
      remaining -= Int(count)
      if remaining <= 0 { return Double(sorted[index]) }
    }
    return Double(sorted[sorted.count - 1])
  }
}
