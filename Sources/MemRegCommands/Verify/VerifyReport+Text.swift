import Documents
import LinuxSystem
import PeerVerification

extension VerifyReport.Case {
  init(_ result: VerificationCase) {
    self.init(
      memory: result.memory,
      name: result.name,
      expected: result.expected,
      observed: result.observed,
      holds: result.holds
    )
  }
}

extension VerifyReport {
  var failed: Int { cases.count { !$0.holds } }

  /// The report for people: a row for each case, then the count.
  var text: String {
    var table = TextTable([
      ("memory", .left), ("case", .left), ("", .left), ("observed", .left), ("expected", .left),
    ])
    for item in cases {
      table.append([
        item.memory, item.name, item.holds ? "ok" : "FAIL", item.observed,
        item.holds ? "" : item.expected,
      ])
    }
    let verdict = "\(cases.count - failed) hold, \(failed) do not"
    let place = "\(host) port \(port) over \(device), \(ByteSize.text(sizeBytes))"
    return "\(table.text)\n"
      + ["\(place): \(verdict)\(interrupted ? "; interrupted" : "")"].printableLines
  }
}
