/// Times as people read them: ns, µs, ms or s by magnitude, three digits.
public enum DurationText {
  /// "17.5 µs" for 17500 nanoseconds.
  public static func text(nanoseconds: Double) -> String {
    let units: [(limit: Double, scale: Double, name: String)] = [
      (1e3, 1, "ns"), (1e6, 1e3, "µs"), (1e9, 1e6, "ms"), (.infinity, 1e9, "s"),
    ]
    for unit in units where abs(nanoseconds) < unit.limit {
      let value = nanoseconds / unit.scale
      let decimals =
        unit.scale == 1 && value == value.rounded()
        ? 0 : abs(value) < 10 ? 2 : abs(value) < 100 ? 1 : 0
      return "\(FixedPoint.text(value, decimals: decimals)) \(unit.name)"
    }
    return "-"
  }
}
