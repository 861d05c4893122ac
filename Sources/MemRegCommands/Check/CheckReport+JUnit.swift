import Documents
import LinuxSystem
import Report

extension CheckReport {
  /// The report as JUnit XML: a suite per group; a known defect is skipped with its text.
  var junit: String {
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites name=\"memreg check\" tests=\"\(checks.count)\""
    text += " failures=\"\(summary.failed)\">\n"
    var groups: [String] = []
    for check in checks where !groups.contains(check.group) { groups.append(check.group) }
    for group in groups { text += suite(group, checks.filter { $0.group == group }) }
    return text + "</testsuites>\n"
  }

  private func suite(_ name: String, _ entries: [Entry]) -> String {
    let failures = entries.count { $0.verdict == .failed }
    let skipped = entries.count { $0.verdict == .skipped || $0.verdict == .knownDefect }
    let seconds = entries.reduce(0) { $0 + Double($1.elapsedNs) } / 1e9
    var text = "  <testsuite name=\"\(CheckReport.escapedForXML(name))\" tests=\"\(entries.count)\""
    text += " failures=\"\(failures)\" skipped=\"\(skipped)\""
    text += " time=\"\(FixedPoint.text(seconds, decimals: 3))\">\n"
    text += "    <properties>\n"
    text += property("kernel", kernel) + property("device", device)
    text += "    </properties>\n"
    for entry in entries { text += entry.junit }
    return text + "  </testsuite>\n"
  }

  private func property(_ name: String, _ value: String) -> String {
    "      <property name=\"\(name)\" value=\"\(CheckReport.escapedForXML(value))\"/>\n"
  }

  static func escapedForXML(_ text: String) -> String {
    text.printable.unicodeScalars
      .map { scalar in
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\"": "&quot;"
        default: String(scalar)
        }
      }
      .joined()
  }
}

extension CheckReport.Entry {
  fileprivate var junit: String {
    let seconds = FixedPoint.text(Double(elapsedNs) / 1e9, decimals: 3)
    let head =
      "    <testcase classname=\"\(group)\" name=\"\(CheckReport.escapedForXML(name))\" time=\"\(seconds)\""
    let mismatch = "\(subject ?? ""): expected \(expected ?? ""), observed \(observed ?? "")"
    let inner: String
    switch verdict.kind {
    case .passed: return head + "/>\n"
    case .skipped: inner = "<skipped message=\"\(CheckReport.escapedForXML(reason ?? ""))\"/>"
    case .knownDefect:
      let text = "known defect: \(defect ?? ""); \(mismatch)"
      inner = "<skipped message=\"\(CheckReport.escapedForXML(text))\"/>"
    case .failed, nil:
      inner =
        "<failure message=\"\(CheckReport.escapedForXML(mismatch))\">"
        + "\(CheckReport.escapedForXML(promise))</failure>"
    }
    return head + ">\n      \(inner)\n    </testcase>\n"
  }
}
