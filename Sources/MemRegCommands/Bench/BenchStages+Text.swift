import Documents
import HostMemory
import Report

extension BenchStages {
  private static let heads =
    ["size", "traced", "p50"] + partNames + ["outside", "of untraced", "lost"]

  /// The table of all cases of a series that were traced; `nil` if none was.
  static func table(of cases: [BenchReport.Case]) -> TextTable? {
    guard cases.contains(where: { !($0.stages ?? []).isEmpty }) else { return nil }
    var table = TextTable(heads.map { ($0, $0 == "traced" ? .left : .right) })
    for benchCase in cases {
      for (index, stages) in (benchCase.stages ?? []).enumerated() {
        table.append([index == 0 ? ByteSize.text(benchCase.sizeBytes) : ""] + stages.cells)
      }
    }
    return table
  }

  /// The row of `table(of:)` after the size.
  var cells: [String] {
    [phase.rawValue, time(tracedP50Ns)]
      + BenchStages.partNames.map { partsNs[$0].map(time) ?? "-" }
      + [time(outsideNs), ratioText, String(lostCalls)]
  }

  /// "1.171 (1.160 to 1.183)": what tracing itself adds.
  private var ratioText: String {
    guard let tracedRatioPpm, let tracedRatioLowPpm, let tracedRatioHighPpm else { return "-" }
    let numbers = [tracedRatioPpm, tracedRatioLowPpm, tracedRatioHighPpm]
      .map { FixedPoint.text($0.value, decimals: 3) }
    return "\(numbers[0]) (\(numbers[1]) to \(numbers[2]))"
  }

  private func time(_ nanoseconds: UInt64) -> String {
    nanoseconds == 0 ? "-" : DurationText.text(nanoseconds: Double(nanoseconds))
  }
}

extension BenchStages {
  /// `table(of:)` in Markdown, with a line before it; empty if nothing was traced.
  static func markdown(of cases: [BenchReport.Case]) -> String {
    let rows = cases.flatMap { benchCase in
      (benchCase.stages ?? []).map { [ByteSize.text(benchCase.sizeBytes)] + $0.cells }
    }
    guard !rows.isEmpty else { return "" }
    let rule = heads.map { $0 == "traced" ? ":---" : "---:" }
    return ([heads, rule] + rows).map { "| \($0.joined(separator: " | ")) |\n" }
      .reduce("\n", +)
  }
}
