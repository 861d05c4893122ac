import Documents
import LinuxSystem
import Report

extension ExplainedProgram {
  /// Each distinct failure with its explanation, and what the run came to on the last line.
  func text(isVerbose: Bool) -> StyledText {
    failures.map { $0.text(isVerbose: isVerbose) }.joined()
      + StyledText(["memreg: \(summary)"].printableLines)
  }

  private var summary: String {
    guard processes > 0 else {
      return RecorderLibrary.sawNothing
    }
    let total =
      "\(registrations) \(registrations == 1 ? "registration" : "registrations") by "
      + "\(processes) \(processes == 1 ? "process" : "processes")"
    return failed == 0 ? "\(total), none failed" : "\(total), \(failed) failed"
  }
}

extension ExplainedProgram.Failure {
  fileprivate func text(isVerbose: Bool) -> StyledText {
    let facts = [
      ByteSize.text(explanation.lengthBytes), caller.map { "by \($0)" },
      explanation.device.map { "on \($0)" }, explanation.access,
    ]
    let others = times > 1 ? ", as \(times - 1) more did" : ""
    let line =
      "\(program) (pid \(pid)): its \(Ordinal.text(number)) registration "
      + "(\(facts.compactMap { $0 }.joined(separator: ", "))) failed with "
      + "\(explanation.errno ?? "?")\(others)"
    let reason = explanation.text(isVerbose: isVerbose).lines.filter { !$0.parts.isEmpty }
    return StyledText([line].printableLines) + reason.map { "  \($0)\n" }.joined()
  }
}

/// English ordinal numbers.
enum Ordinal {
  /// "1st", "2nd", "3rd", "4th", "11th".
  static func text(_ number: UInt64) -> String {
    let ending =
      switch (number % 10, number % 100) {
      case (_, 11...13): "th"
      case (1, _): "st"
      case (2, _): "nd"
      case (3, _): "rd"
      default: "th"
      }
    return "\(number)\(ending)"
  }
}
