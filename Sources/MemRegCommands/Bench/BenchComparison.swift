import Documents
import LinuxSystem
import Measurement
import Report

/// A result compared with an earlier one, case by case.
struct BenchComparison {
  struct Row: Equatable {
    let benchCase: String
    let phase: BenchReport.Phase.Name
    let base: UInt64
    let now: UInt64
    let ratio: MedianRatio
  }

  let rows: [Row]
  /// Cases that only one of the two results has.
  let unmatched: Int
  /// What differs between the environments and makes the comparison doubtful.
  let differences: [String]

  init(_ report: BenchReport, to base: BenchReport) {
    var rows: [Row] = []
    var unmatched = 0
    for benchCase in report.cases where !benchCase.phases.isEmpty {
      let same = base.cases.first {
        $0.seriesName == benchCase.seriesName && $0.sizeBytes == benchCase.sizeBytes
      }
      guard let same else {
        unmatched += 1
        continue
      }
      for phase in benchCase.phases {
        guard let name = phase.phase.kind, let before = same.phase(name),
          let ratio = MedianRatio(of: phase.samplesNs, to: before.samplesNs)
        else { continue }
        rows.append(
          Row(
            benchCase: "\(benchCase.seriesName), \(ByteSize.text(benchCase.sizeBytes))",
            phase: name,
            base: before.p50Ns,
            now: phase.p50Ns,
            ratio: ratio
          )
        )
      }
    }
    self.rows = rows
    self.unmatched = unmatched
    differences = BenchComparison.differences(report.environment, base.environment)
  }

  /// Reads an earlier result; the file is not trusted to be one.
  static func base(at path: String) throws -> BenchReport {
    let bytes = try InputFile.bytes(path)
    guard !JSONBounds.areExceeded(by: bytes),
      let report = try? JSONDocument.read(BenchReport.self, bytes),
      report.schema == BenchReport.currentSchema
    else {
      throw CommandFailure(
        "--compare \(path): not a result of schema \(BenchReport.currentSchema); "
          + "make one with `memreg bench --export-json \(path)`",
        status: .dataError
      )
    }
    return report
  }

  /// The rows that are slower by more than `percent` beyond doubt.
  func regressions(beyond percent: Double) -> [Row] {
    rows.filter { $0.ratio.isRegression(beyond: percent) }
  }

  /// The comparison for people.
  var text: String {
    var table = TextTable([
      ("case", .left), ("", .left), ("base", .right), ("now", .right), ("ratio", .right),
      ("95 % interval", .right),
    ])
    for row in rows {
      table.append([
        row.benchCase, row.phase.rawValue,
        DurationText.text(nanoseconds: Double(row.base)),
        DurationText.text(nanoseconds: Double(row.now)),
        FixedPoint.text(row.ratio.ratio, decimals: 3),
        "\(FixedPoint.text(row.ratio.lower, decimals: 3)) to "
          + FixedPoint.text(row.ratio.upper, decimals: 3),
      ])
    }
    var text = "Comparison\n" + table.text
    if unmatched > 0 { text += "  \(unmatched) cases have no counterpart in the base\n" }
    return text + differences.map { "  warning \($0)" }.printableLines
  }

  private static func differences(_ now: BenchEnvironment, _ base: BenchEnvironment) -> [String] {
    let pairs: [(String, String?, String?)] = [
      ("kernel", base.kernel, now.kernel), ("processor", base.processor, now.processor),
      ("hypervisor", base.hypervisor, now.hypervisor), ("device", base.device, now.device),
      ("driver", base.driver, now.driver),
    ]
    return pairs.filter { $0.1 != $0.2 }
      .map { name, before, after in
        "the \(name) differs: \(before ?? "none") then, \(after ?? "none") now"
      }
  }
}
