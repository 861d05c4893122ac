import Documents
import LinuxSystem
import PeerVerification

extension VerifyReport.Case {
  /// The case for the document, `nil` if it was skipped.
  init?(_ result: VerificationCase) {
    var defect: String?
    switch result.judgement {
    case .holds, .fails: break
    case .knownDefect(let what): defect = what
    case .skipped: return nil
    }
    self.init(
      memory: result.memory,
      name: result.name,
      expected: result.expected,
      observed: result.observed,
      holds: result.judgement == .holds,
      knownDefect: defect
    )
  }
}

extension VerifyReport.Skip {
  /// The skipped case for the document, `nil` if it was tried.
  init?(_ result: VerificationCase) {
    guard case .skipped(let reason) = result.judgement else { return nil }
    self.init(memory: result.memory, name: result.name, reason: reason)
  }
}

extension VerifyReport {
  var failed: Int { cases.count { !$0.holds && $0.knownDefect == nil } }

  /// The report for people: a row for each case, then the count.
  var text: String {
    var table = TextTable([
      ("memory", .left), ("case", .left), ("", .left), ("observed", .left), ("expected", .left),
    ])
    for item in cases {
      table.append([
        item.memory, item.name,
        item.holds ? "ok" : item.knownDefect == nil ? "FAIL" : "defect", item.observed,
        item.holds ? "" : item.expected,
      ])
    }
    for item in skipped ?? [] {
      table.append([item.memory, item.name, "skip", item.reason, ""])
    }
    let place = "\(host) port \(port) over \(device), \(ByteSize.text(sizeBytes))"
    let verdict = "\(place): \(counts)\(interrupted ? "; interrupted" : "")"
    return "\(table.text)\n" + (defects.map { "known defect: \($0)" } + [verdict]).printableLines
  }

  private var defects: [String] { Set(cases.compactMap(\.knownDefect)).sorted() }

  private var counts: String {
    let held = cases.count { $0.holds }
    let known = cases.count - held - failed
    return "\(held) hold, \(failed) do not"
      + (known > 0 ? ", \(known) known to the driver" : "")
      + (skipped.map { ", \($0.count) skipped" } ?? "")
  }
}
