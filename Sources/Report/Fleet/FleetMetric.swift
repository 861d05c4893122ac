import LinuxSystem
import Measurement

/// One number of every host, such as the median of registering 64 KiB, to find those that lie far from the others.
struct FleetMetric {
  enum Unit {
    case nanoseconds
    case bytes

    func text(_ value: Double) -> String {
      switch self {
      case .nanoseconds: DurationText.text(nanoseconds: value)
      case .bytes: SizeText.text(value)
      }
    }
  }

  let name: String
  let unit: Unit
  private var entries: [(host: Int32, value: Float)] = []

  /// Fewer hosts than this have no usual value.
  private static let fewestHosts = 5

  init(_ name: String, _ unit: Unit) {
    self.name = name
    self.unit = unit
  }

  mutating func note(_ value: Double, of host: Int) {
    entries.append((Int32(clamping: host), Float(value)))
  }

  /// A value for each host, the median where it has several documents; `nil` for too few hosts.
  var judged: (scale: RobustScale, values: [(host: Int, value: Double)])? {
    var values: [(host: Int, value: Double)] = []
    let sorted = entries.sorted { ($0.host, $0.value) < ($1.host, $1.value) }
    var index = 0
    while index < sorted.count {
      let end = sorted[index...].firstIndex { $0.host != sorted[index].host } ?? sorted.count
      let own = sorted[index..<end].map { Double($0.value) }
      values.append((Int(sorted[index].host), Median.of(own) ?? 0))
      index = end
    }
    guard values.count >= FleetMetric.fewestHosts,
      let scale = RobustScale(of: values.map(\.value))
    else { return nil }
    return (scale, values)
  }
}
