/// The results of one run of `memreg check`.
package struct CheckReport: Codable, Equatable, Sendable {
  /// How a check ended.
  package enum Verdict: String, Codable, Sendable {
    case passed
    case failed
    case skipped
    case knownDefect = "known_defect"
  }

  /// How many checks ended in each way.
  package struct Summary: Codable, Equatable, Sendable {
    package var passed: Int
    package var failed: Int
    package var skipped: Int
    package var knownDefects: Int

    package init(
      passed: Int = 0,
      failed: Int = 0,
      skipped: Int = 0,
      knownDefects: Int = 0
    ) {
      self.passed = passed
      self.failed = failed
      self.skipped = skipped
      self.knownDefects = knownDefects
    }
  }

  /// One check with what came of it.
  package struct Entry: Codable, Equatable, Sendable {
    package var name: String
    package var group: String
    package var promise: String
    package var verdict: Verdict
    /// Why it was skipped.
    package var reason: String?
    package var subject: String?
    package var expected: String?
    package var observed: String?
    package var note: String?
    package var defect: String?
    package var defectVersions: String?
    /// Whether a known defect did not show.
    package var defectGone: Bool
    package var comparisons: Int
    package var elapsedNs: UInt64

    package init(
      name: String,
      group: String,
      promise: String,
      verdict: Verdict,
      reason: String? = nil,
      subject: String? = nil,
      expected: String? = nil,
      observed: String? = nil,
      note: String? = nil,
      defect: String? = nil,
      defectVersions: String? = nil,
      defectGone: Bool,
      comparisons: Int,
      elapsedNs: UInt64
    ) {
      self.name = name
      self.group = group
      self.promise = promise
      self.verdict = verdict
      self.reason = reason
      self.subject = subject
      self.expected = expected
      self.observed = observed
      self.note = note
      self.defect = defect
      self.defectVersions = defectVersions
      self.defectGone = defectGone
      self.comparisons = comparisons
      self.elapsedNs = elapsedNs
    }
  }

  package var schema: String
  package var kernel: String
  package var device: String
  package var driver: String?
  package var seed: UInt64
  package var interrupted: Bool
  package var summary: Summary
  package var checks: [Entry]

  package init(
    schema: String = "memreg.check/1",
    kernel: String,
    device: String,
    driver: String? = nil,
    seed: UInt64,
    interrupted: Bool = false,
    summary: Summary = Summary(),
    checks: [Entry] = []
  ) {
    self.schema = schema
    self.kernel = kernel
    self.device = device
    self.driver = driver
    self.seed = seed
    self.interrupted = interrupted
    self.summary = summary
    self.checks = checks
  }
}

extension CheckReport {
  /// Adds `entry` and counts it.
  package mutating func append(_ entry: Entry) {
    checks.append(entry)
    switch entry.verdict {
    case .passed: summary.passed += 1
    case .failed: summary.failed += 1
    case .skipped: summary.skipped += 1
    case .knownDefect: summary.knownDefects += 1
    }
  }
}
