/// How two sets of times compare: the ratio of their medians with a 95 % confidence interval.
public struct MedianRatio: Equatable, Sendable {
  /// The median of the one divided by the median of the other.
  public let ratio: Double
  /// The lower end of the interval.
  public let lower: Double
  /// The upper end of the interval.
  public let upper: Double

  /// Compares `samples` with `base` by a percentile bootstrap of a fixed seed, so that equal input gives equal output.
  ///
  /// `nil` when either side is empty or the median of `base` is zero.
  public init?(of samples: [UInt64], to base: [UInt64], resamples: Int = 1000) {
    let (samples, base) = (samples.sorted(), base.sorted())
    guard !samples.isEmpty, !base.isEmpty else { return nil }
    let (median, reference) = (Median.of(sorted: samples), Median.of(sorted: base))
    guard reference > 0 else { return nil }
    var generator = SplitMix64(seed: 0x6d65_6d72_6567)
    var ratios: [Double] = []
    ratios.reserveCapacity(resamples)
    for _ in 0..<resamples {
      let above = Median.resampled(samples, using: &generator)
      let below = Median.resampled(base, using: &generator)
      if below > 0 { ratios.append(above / below) }
    }
    ratios.sort()
    ratio = median / reference
    lower = ratios.isEmpty ? ratio : ratios[ratios.count * 25 / 1000]
    upper = ratios.isEmpty ? ratio : ratios[min(ratios.count - 1, ratios.count * 975 / 1000)]
  }

  /// Whether the ratio exceeds 1 by more than `percent` and the interval excludes 1, so that chance is no excuse.
  public func isRegression(beyond percent: Double) -> Bool {
    ratio > 1 + percent / 100 && lower > 1
  }
}
