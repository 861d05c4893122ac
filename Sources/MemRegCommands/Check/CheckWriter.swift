import Conformance
import Documents
import HostMemory

/// Writes results in one format, as they come where the format allows it.
struct CheckWriter {
  private(set) var report: CheckReport
  private let format: CheckFormat
  private let checks: [String: Check]

  init(_ format: CheckFormat, report: CheckReport, of checks: [Check]) {
    self.format = format
    self.report = report
    self.checks = Dictionary(uniqueKeysWithValues: checks.map { ($0.name, $0) })
    switch format {
    case .text:
      StandardOutput.write("\(checks.count) checks on \(report.device), Linux \(report.kernel)\n\n")
    case .tap: StandardOutput.write("TAP version 14\n1..\(checks.count)\n")
    case .junit, .json: break
    }
  }

  mutating func add(_ result: CheckResult) {
    guard let check = checks[result.name] else { return }
    let entry = CheckReport.Entry(result, of: check, on: report.driver)
    report.append(entry)
    switch format {
    case .text: StandardOutput.write(entry.text)
    case .tap: StandardOutput.write(entry.tap(number: report.checks.count))
    case .junit, .json: break
    }
  }

  mutating func finish(interrupted: Bool) throws {
    report.interrupted = interrupted
    switch format {
    case .text:
      let note = interrupted ? ", interrupted: not every check ran" : ""
      StandardOutput.write("\n\(report.summary.text)\(note)\n" as StyledText)
    case .tap: if interrupted { StandardOutput.write("Bail out! interrupted\n") }
    case .junit: StandardOutput.write(report.junit)
    case .json: StandardOutput.write(try JSONDocument.text(report))
    }
  }
}
