import Report
import Tracing

/// How long the calls that succeeded took, as the kernel has counted it.
struct TraceHistogram {
  /// A kind of call and its parts.
  struct Row {
    let name: String
    let total: DurationCounts
    let parts: [(part: Part, counts: DurationCounts)]
  }

  let rows: [Row]

  /// Reads what has been counted up to now.
  init(_ session: borrowing TraceSession) {
    var rows: [Row] = []
    for kind in CallKind.allCases {
      guard let total = session.durations(of: kind), total.count > 0 else { continue }
      var parts: [(part: Part, counts: DurationCounts)] = []
      for part in Part.allCases {
        if let counts = session.durations(of: kind, part: part), counts.count > 0 {
          parts.append((part, counts))
        }
      }
      rows.append(Row(name: kind.name, total: total, parts: parts))
    }
    self.rows = rows
  }

  /// How many calls succeeded.
  var calls: UInt64 { rows.reduce(0) { $0 + $1.total.count } }

  /// For each kind of call its percentiles and a bar for each power of two.
  var text: String {
    rows.isEmpty ? "no call succeeded\n" : rows.map(\.text).joined(separator: "\n")
  }
}

extension TraceHistogram.Row {
  fileprivate var text: String {
    var table = TextTable([
      (name, .left), ("count", .right), ("p50", .right), ("p90", .right), ("p99", .right),
      ("share", .right),
    ])
    for (name, counts) in [("total", total)] + parts.map({ ($0.part.name, $0.counts) }) {
      let share = Double(counts.nanoseconds) / Double(max(1, total.nanoseconds)) * 100
      table.append(
        [name, String(counts.count)]
          + [0.5, 0.9, 0.99]
          .map { quantile in
            counts.nanoseconds(atQuantile: quantile)
              .map { DurationText.text(nanoseconds: Double($0)) } ?? "-"
          } + ["\(FixedPoint.text(share, decimals: 0)) %"]
      )
    }
    return table.text + "\n" + bars
  }

  /// A line for each power of two from the shortest to the longest.
  private var bars: String {
    var powers: [Int: UInt64] = [:]
    for (from, count) in total.distribution { powers[from.power, default: 0] += count }
    guard let first = powers.keys.min(), let last = powers.keys.max(),
      let most = powers.values.max()
    else { return "" }
    var table = TextTable([("from", .right), ("count", .right), ("", .left)])
    for power in first...last {
      let count = powers[power] ?? 0
      let width = Int((Double(count) / Double(most) * 50).rounded(.up))
      table.append([
        DurationText.text(nanoseconds: Double(UInt64(1) << UInt64(power))), String(count),
        String(repeating: "#", count: width),
      ])
    }
    return table.text
  }
}

extension UInt64 {
  /// The power of two not above it; 0 for 0.
  fileprivate var power: Int { self == 0 ? 0 : UInt64.bitWidth - 1 - leadingZeroBitCount }
}
