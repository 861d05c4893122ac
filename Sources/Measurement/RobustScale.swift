/// The middle of many values and how far they usually lie from it, which no minority of outliers can move.
public struct RobustScale: Equatable, Sendable {
  /// The median.
  public let median: Double
  /// The median absolute deviation, scaled to the standard deviation of normal values.
  public let deviation: Double

  /// From this score on a value is an outlier (Iglewicz and Hoaglin, 1993).
  public static let outlierScore = 3.5
  private static let leastShare = 0.01

  /// Takes the measure of `values`; `nil` when there are none.
  ///
  /// The deviation is at least 1 % of the median: where most values are the same, a small difference is no outlier.
  public init?(of values: [Double]) {
    guard let median = Median.of(values) else { return nil }
    let deviations = values.map { abs($0 - median) }
    self.median = median
    deviation = max(
      1.4826 * (Median.of(deviations) ?? 0),
      abs(median) * RobustScale.leastShare
    )
  }

  /// The modified z-score: how many deviations `value` lies above the median, or below it when negative.
  public func score(_ value: Double) -> Double {
    guard value != median else { return 0 }
    return deviation > 0 ? (value - median) / deviation : value > median ? .infinity : -.infinity
  }
}
