/// How many operations go between two readings of the clock, so that reading it does not distort them.
public enum BatchSize {
  /// The share of a measured interval that the clock may take, in percent.
  public static let largestClockPercent = 0.5

  /// The smallest batch that keeps the clock's share in bounds, at most `limit` and at least 1.
  ///
  /// `clock` is one reading, `readings` how many of them lie inside the intervals of one sample, `operation` what one
  /// operation takes in all intervals together; all in nanoseconds.
  public static func needed(
    clock: Double,
    readings: Int,
    operation: Double,
    limit: Int = .max
  ) -> Int {
    guard operation > 0 else { return max(1, limit == .max ? 1 : limit) }
    let exact = clock * Double(readings) * 100 / (operation * largestClockPercent)
    return max(1, min(limit, Int(min(exact, 1e9).rounded(.up))))
  }

  /// The percentage of the measured time that `readings` clock readings take in a sample of `total` nanoseconds.
  public static func clockPercent(clock: Double, readings: Int, total: Double) -> Double {
    total > 0 ? clock * Double(readings) * 100 / total : 100
  }
}
