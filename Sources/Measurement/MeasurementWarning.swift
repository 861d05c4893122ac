/// A reason to doubt a measurement, with what to do about it.
public enum MeasurementWarning: Equatable, Sendable {
  /// Samples far from the median move it out of its interval.
  case outliers(percent: Double)
  /// The end of the run differs from its beginning.
  case drift(percent: Double)
  /// The clock takes more than `BatchSize.largestClockPercent` of the measured time.
  case clock(percent: Double)
  /// Too few samples for the 99th percentile to mean anything.
  case fewSamples(Int)

  static let fewestSamples = 20
  private static let largestOutlierPercent = 2.0
  private static let largestDriftPercent = 5.0

  /// Judges `samples` in the order in which they were taken.
  ///
  /// An outlier is more than ten scaled median absolute deviations off, and those count as at least 1 % of the median. They
  /// matter if the median without them lies outside the 95 % interval of the median with them, by order statistics;
  /// drift is the change from the median of the first quarter to that of the last.
  public static func judging(_ samples: [UInt64]) -> [MeasurementWarning] {
    guard samples.count >= fewestSamples else { return [.fewSamples(samples.count)] }
    var warnings: [MeasurementWarning] = []
    let median = Median.of(samples)
    let deviations = samples.map { UInt64(abs(Double($0) - median).rounded()) }
    let scale = max(1.4826 * Median.of(deviations), median / 100)
    let far = deviations.count { Double($0) > 10 * scale }
    let percent = Double(far) * 100 / Double(samples.count)
    let near = samples.filter { abs(Double($0) - median) <= 10 * scale }
    if percent > largestOutlierPercent, !Median.interval(of: samples).contains(Median.of(near)) {
      warnings.append(.outliers(percent: percent))
    }

    let quarter = samples.count / 4
    let first = Median.of(Array(samples[..<quarter]))
    let last = Median.of(Array(samples[(samples.count - quarter)...]))
    if first > 0 {
      let change = (last / first - 1) * 100
      if abs(change) > largestDriftPercent { warnings.append(.drift(percent: change)) }
    }
    return warnings
  }
}

extension MeasurementWarning {
  /// One word for the kind of doubt.
  public var kind: String {
    switch self {
    case .outliers: "outliers"
    case .drift: "drift"
    case .clock: "clock"
    case .fewSamples: "few-samples"
    }
  }
}

extension MeasurementWarning: CustomStringConvertible {
  /// One sentence, which names the remedy.
  public var description: String {
    switch self {
    case .outliers(let percent):
      "\(Self.text(percent)) % of the samples lie far from the median and move it: other work on this machine? "
        + "Stop it, or take more samples with --iterations."
    case .drift(let percent):
      "the last quarter is \(Self.text(abs(percent))) % \(percent > 0 ? "slower" : "faster") than the first: "
        + "warm up longer with --warmup, or run again when the machine is idle."
    case .clock(let percent):
      "reading the clock takes \(Self.text(percent)) % of the measured time: "
        + "raise the memlock limit, so that more registrations fit between two readings."
    case .fewSamples(let count):
      "\(count) samples are too few for percentiles: take at least \(Self.fewestSamples) with --iterations."
    }
  }

  private static func text(_ percent: Double) -> String {
    let tenths = Int((percent * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
