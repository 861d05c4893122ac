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
  package struct Summary: Codable, Equatable, Sendable, FieldValue {
    @Field package var passed: Int
    @Field package var failed: Int
    @Field package var skipped: Int
    @Field package var knownDefects: Int

    package init() { self.init(passed: 0) }

    package init(
      passed: Int = 0,
      failed: Int = 0,
      skipped: Int = 0,
      knownDefects: Int = 0
    ) {
      (self.passed, self.failed, self.skipped) = (passed, failed, skipped)
      self.knownDefects = knownDefects
    }
  }

  /// One check with what came of it.
  package struct Entry: Codable, Equatable, Sendable {
    @Field package var name: String
    @Field package var group: String
    @Field package var promise: String
    @Field package var verdict: Word<Verdict>
    /// Why it was skipped.
    @Field package var reason: String?
    @Field package var subject: String?
    @Field package var expected: String?
    @Field package var observed: String?
    @Field package var note: String?
    @Field package var defect: String?
    @Field package var defectVersions: String?
    /// Whether a known defect did not show.
    @Field package var defectGone: Bool
    @Field package var comparisons: Int
    @Field package var elapsedNs: UInt64

    package init(
      name: String,
      group: String,
      promise: String,
      verdict: Verdict,
      reason: String? = nil,
      subject: String? = nil,
      expected: String? = nil,
      observed: String? = nil,
      note: String?,
      defect: String?,
      defectVersions: String?,
      defectGone: Bool,
      comparisons: Int,
      elapsedNs: UInt64
    ) {
      (self.name, self.group, self.promise) = (name, group, promise)
      self.verdict = Word(verdict)
      (self.reason, self.subject, self.expected) = (reason, subject, expected)
      (self.observed, self.note, self.defect) = (observed, note, defect)
      (self.defectVersions, self.defectGone) = (defectVersions, defectGone)
      (self.comparisons, self.elapsedNs) = (comparisons, elapsedNs)
    }
  }

  @Field package var schema: String
  @Field package var kernel: String
  @Field package var device: String
  @Field package var driver: String?
  @Field package var seed: UInt64
  @Field package var interrupted: Bool
  @Field package var summary: Summary
  @Field package var checks: [Entry]

  package init(
    schema: String = "memreg.check/1",
    kernel: String,
    device: String,
    driver: String?,
    seed: UInt64,
    interrupted: Bool = false,
    summary: Summary = Summary(),
    checks: [Entry] = []
  ) {
    (self.schema, self.kernel, self.device, self.driver) = (schema, kernel, device, driver)
    (self.seed, self.interrupted, self.summary) = (seed, interrupted, summary)
    self.checks = checks
  }
}

extension CheckReport {
  /// Adds `entry` and counts it.
  package mutating func append(_ entry: Entry) {
    checks.append(entry)
    switch entry.verdict.kind {
    case .passed: summary.passed += 1
    case .failed: summary.failed += 1
    case .skipped: summary.skipped += 1
    case .knownDefect: summary.knownDefects += 1
    case nil: break
    }
  }
}
