import Documents
import LinuxSystem
import Report

extension CheckReport.Entry {
  /// The check's line for people, with what lies beneath it.
  var text: StyledText { lines.printableLines }

  private var lines: [StyledText] {
    let time = DurationText.text(nanoseconds: Double(elapsedNs))
    switch verdict.kind {
    case .passed where defectGone:
      return [
        "\("FIXED", .good)   \(name)  \(time)",
        "        the known defect did not show: \(defect ?? "")",
      ]
    case .passed: return ["\("ok", .good)      \(name)  \(time)\(note.map { "  \($0)" } ?? "")"]
    case .skipped: return ["skip    \(name)  \(reason ?? "")"]
    case .knownDefect:
      return [
        "\("defect", .warning)  \(name)  \(defect ?? "") (\(defectVersions ?? ""))", comparison,
      ]
    case .failed, nil:
      return ["\("FAIL", .bad)    \(name)  \(time)", "        \(promise)", comparison]
    }
  }

  private var comparison: StyledText {
    "        \(subject ?? ""): expected \(expected ?? ""), observed \(observed ?? "")"
  }
}

extension CheckReport.Summary {
  /// "95 passed, 0 failed, 12 skipped, 1 known defect".
  var text: StyledText {
    let defects = knownDefects == 1 ? "1 known defect" : "\(knownDefects) known defects"
    return
      "\(passed) passed, \("\(failed) failed", failed > 0 ? .bad : nil), \(skipped) skipped, "
      + "\(defects, knownDefects > 0 ? .warning : nil)"
  }
}
