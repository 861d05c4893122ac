import Glibc
import LinuxSystem

/// Where numbers lie on an axis, with the marks that it gets.
struct Scale: Sendable {
  /// A mark with what stands beside it; a minor one has a line alone.
  struct Tick: Equatable, Sendable {
    let value: Double
    let label: String?
  }

  let lower: Double
  let upper: Double
  let ticks: [Tick]
  private let isLogarithmic: Bool

  private init(_ lower: Double, _ upper: Double, _ ticks: [Tick], isLogarithmic: Bool) {
    self.lower = lower
    self.upper = upper
    self.ticks = ticks
    self.isLogarithmic = isLogarithmic
  }

  /// How far along the axis `value` lies, from 0 to 1; what lies beyond is moved to the end.
  func share(_ value: Double) -> Double {
    let share =
      isLogarithmic
      ? log(max(value, lower) / lower) / log(upper / lower) : (value - lower) / (upper - lower)
    return share.isFinite ? min(1, max(0, share)) : 0
  }

  /// Times in nanoseconds, logarithmic, between round numbers around `values`.
  static func times(_ values: [Double]) -> Scale {
    // Outside of this no number is a time: it is drawn at the edge.
    let plausible = values.filter { (1e-3..<1e18).contains($0) }
    let (least, most) = (plausible.min() ?? 1, plausible.max() ?? 10)
    var (lower, upper) = (round(below: least), round(above: most))
    if upper <= lower { (lower, upper) = (lower, lower * 10) }
    let labelsAll = upper / lower < 150
    var ticks: [Tick] = []
    for exponent in Int(log10(lower).rounded(.down))...Int(log10(upper).rounded(.up)) {
      let decade = pow(10, Double(exponent))
      for step in 1...9 {
        let value = decade * Double(step)
        guard value >= lower * 0.9999, value <= upper * 1.0001 else { continue }
        let isLabelled = step == 1 || (labelsAll && (step == 2 || step == 5))
        ticks.append(Tick(value: value, label: isLabelled ? timeText(value) : nil))
      }
    }
    return Scale(lower, upper, ticks, isLogarithmic: true)
  }

  /// Sizes in bytes, logarithmic, marked at powers of two; `room` labels have place.
  static func sizes(_ values: [Double], room: Int) -> Scale {
    let positive = values.filter { $0 >= 1 && $0 < 1e18 }
    var (lower, upper) = (positive.min() ?? 4096, positive.max() ?? 8192)
    if upper <= lower { (lower, upper) = (lower / 2, lower * 2) }
    let first = Int(log2(lower).rounded(.up))
    let last = Int(log2(upper).rounded(.down))
    let step = max(1, (last - first + max(1, room)) / max(1, room))
    let ticks = stride(from: first, through: max(first, last), by: step)
      .map { exponent in
        let value = exp2(Double(exponent))
        return Tick(value: value, label: SizeText.text(value))
      }
    return Scale(lower, upper, ticks, isLogarithmic: true)
  }

  /// Ratios around 1, logarithmic.
  static func ratios(_ values: [Double]) -> Scale {
    let real = values.filter { $0 > 0 && $0.isFinite }
    let upper = min(50, max(1.06, (real.max() ?? 1) * 1.03))
    let lower = max(0.02, min(1 / 1.06, (real.min() ?? 1) / 1.03))
    let known = [
      0.02, 0.05, 0.1, 0.2, 0.5, 0.67, 0.8, 0.91, 0.95, 1, 1.05, 1.1, 1.25, 1.5, 2, 5, 10, 20, 50,
    ]
    let distance = log(upper / lower) / 9
    var ticks: [Tick] = [Tick(value: 1, label: "1")]
    for side in [known.filter { $0 > 1 }, known.filter { $0 < 1 }.reversed()] {
      var last = 1.0
      for value in side where value <= upper && value >= lower {
        guard abs(log(value / last)) >= distance else { continue }
        ticks.append(Tick(value: value, label: ratioText(value)))
        last = value
      }
    }
    return Scale(lower, upper, ticks, isLogarithmic: true)
  }

  /// Bytes from nothing on, linear.
  static func bytes(upTo most: Double) -> Scale {
    let most = min(max(most, 4096), 1e18)
    var step = exp2(log2(most / 4).rounded(.down))
    if most / step > 6 { step *= 2 }
    let upper = (most / step).rounded(.up) * step
    let ticks = (0...Int((upper / step).rounded()))
      .map { Tick(value: Double($0) * step, label: SizeText.text(Double($0) * step)) }
    return Scale(0, upper, ticks, isLogarithmic: false)
  }

  /// Shares of a whole, linear.
  static let percent = Scale(
    0,
    1,
    [0, 0.25, 0.5, 0.75, 1]
      .map { Tick(value: $0, label: "\(FixedPoint.text($0 * 100, decimals: 0)) %") },
    isLogarithmic: false
  )

  private static func round(below value: Double) -> Double {
    let decade = pow(10, log10(value).rounded(.down))
    return [5, 2, 1].map { $0 * decade }.first { $0 <= value * 1.0001 } ?? decade
  }

  private static func round(above value: Double) -> Double {
    let decade = pow(10, log10(value).rounded(.down))
    return [1, 2, 5, 10].map { $0 * decade }.first { $0 >= value * 0.9999 } ?? decade * 10
  }

  /// A round time without decimals: "20 µs".
  private static func timeText(_ nanoseconds: Double) -> String {
    let units: [(Double, String)] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")]
    let unit = units.first { nanoseconds >= $0.0 * 0.9999 } ?? (1, "ns")
    return "\(FixedPoint.text(nanoseconds / unit.0, decimals: 0)) \(unit.1)"
  }

  private static func ratioText(_ ratio: Double) -> String {
    let hundredths = (ratio * 100).rounded()
    let decimals =
      hundredths.truncatingRemainder(dividingBy: 100) == 0
      ? 0 : hundredths.truncatingRemainder(dividingBy: 10) == 0 ? 1 : 2
    return FixedPoint.text(ratio, decimals: decimals)
  }
}

extension Scale {
  /// The same scale, unmarked.
  var withoutTicks: Scale { Scale(lower, upper, [], isLogarithmic: isLogarithmic) }
}
