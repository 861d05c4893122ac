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
  var text: StyledText {
    var table = TextTable([
      ("memory", .left), ("case", .left), ("", .left), ("observed", .left), ("expected", .left),
    ])
    for item in cases {
      let verdict: (word: String, style: StyledText.Style) =
        item.holds ? ("ok", .good) : item.knownDefect == nil ? ("FAIL", .bad) : ("defect", .warning)
      table.append(
        [
          item.memory, item.name, verdict.word, item.observed, item.holds ? "" : item.expected,
        ],
        ["": verdict.style]
      )
    }
    for item in skipped ?? [] {
      table.append([item.memory, item.name, "skip", item.reason, ""])
    }
    let place = "\(host) port \(port) over \(device), \(ByteSize.text(sizeBytes))"
    let verdict: StyledText = "\(place): \(counts)\(interrupted ? "; interrupted" : "")"
    let known = defects.map { StyledText("known defect: \($0)", .warning) }
    return table.styled + "\n" + (known + [verdict]).printableLines
  }

  private var defects: [String] { Set(cases.compactMap(\.knownDefect)).sorted() }

  private var counts: StyledText {
    let held = cases.count { $0.holds }
    let known = cases.count - held - failed
    return "\(held) hold, \("\(failed) do not", failed > 0 ? .bad : nil)"
      + StyledText(known > 0 ? ", \(known) known to the driver" : "")
      + StyledText(skipped.map { ", \($0.count) skipped" } ?? "")
  }
}
