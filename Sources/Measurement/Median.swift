/// Medians of times, exact.
public enum Median {
  /// The median of `samples` in any order, the mean of the middle two where there are two; 0 for none.
  public static func of(_ samples: [UInt64]) -> Double { of(sorted: samples.sorted()) }

  /// The median of `values` in any order; `nil` when there are none.
  public static func of(_ values: [Double]) -> Double? { middle(of: values.sorted()) { $0 } }

  /// The 95 % interval of the median of `samples`, by order statistics: 0 to 0 for none.
  static func interval(of samples: [UInt64]) -> ClosedRange<Double> {
    guard !samples.isEmpty else { return 0...0 }
    let sorted = samples.sorted()
    let half = 0.98 * Double(sorted.count).squareRoot()
    let middle = Double(sorted.count - 1) / 2
    let lowest = Swift.max(0, Int((middle - half).rounded(.down)))
    let highest = Swift.min(sorted.count - 1, Int((middle + half).rounded(.up)))
    return Double(sorted[lowest])...Double(sorted[highest])
  }

  static func of(sorted samples: [UInt64]) -> Double { middle(of: samples) { Double($0) } ?? 0 }

  private static func middle<Value>(of sorted: [Value], _ number: (Value) -> Double) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let middle = sorted.count / 2
    guard sorted.count.isMultiple(of: 2) else { return number(sorted[middle]) }
    return (number(sorted[middle - 1]) + number(sorted[middle])) / 2
  }

  /// The median of as many draws with replacement, found by counting instead of sorting.
  static func resampled(_ sorted: [UInt64], using generator: inout SplitMix64) -> Double {
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
