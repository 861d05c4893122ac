/// The verdict on one check, with how long its process ran.
public struct CheckResult: Equatable, Sendable {
  /// The check's name.
  public let name: String
  /// The verdict.
  public let verdict: Verdict
  /// Expectations that were compared before the verdict.
  public let comparisons: Int
  /// What was measured on the way, for people; empty for most checks.
  public let note: String
  /// From start to end of the process, in nanoseconds; zero where it did not start.
  public var elapsedNanoseconds: UInt64 = 0

  init(_ name: String, _ verdict: Verdict, comparisons: Int = 0, note: String = "") {
    self.name = name
    self.verdict = verdict
    self.comparisons = comparisons
    self.note = note
  }
}

extension CheckResult {
  private static let mark = "memreg-verdict"

  /// The line by which the process of a check tells its verdict.
  public var wire: String {
    let fields: [String] =
      switch verdict {
      case .passed(let gone): ["\(gone)"]
      case .skipped(let reason): [reason]
      case .failed(let mismatch), .knownDefect(let mismatch):
        [mismatch.subject, mismatch.expected, mismatch.observed]
      }
    return ([CheckResult.mark, name, verdict.word, "\(comparisons)", note] + fields)
      .map(CheckResult.flat)
      .joined(separator: "\t") + "\n"
  }

  /// Finds the verdict among the output of a check's process; `nil` where it ended without one.
  init?(wire output: String) {
    let lines = output.split(separator: "\n").filter { $0.hasPrefix(CheckResult.mark + "\t") }
    guard let line = lines.last else { return nil }
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count > 5, let comparisons = Int(fields[3]) else { return nil }
    let mismatch =
      fields.count > 7 ? Mismatch(fields[5], expected: fields[6], observed: fields[7]) : nil
    switch (fields[2], mismatch) {
    case ("passed", _): verdict = .passed(defectGone: fields[5] == "true")
    case ("skipped", _): verdict = .skipped(fields[5])
    case ("failed", let mismatch?): verdict = .failed(mismatch)
    case ("known_defect", let mismatch?): verdict = .knownDefect(mismatch)
    default: return nil
    }
    name = fields[1]
    self.comparisons = comparisons
    note = fields[4]
  }

  private static func flat(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
  }
}
