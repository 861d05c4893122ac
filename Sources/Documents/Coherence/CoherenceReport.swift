/// The matrix of `memreg coherence` as it came out, compared with what is known of the kernel.
package struct CoherenceReport: Codable, Equatable, Sendable {
  /// What a device saw and reached in one cell.
  package enum Verdict: String, CaseIterable, Sendable {
    case coherent
    case stale
    case diverged
    case error
    case failed
    case refused
    case notApplicable = "not_applicable"
    case skipped
  }

  /// One cell of the matrix.
  package struct Cell: Codable, Equatable, Sendable {
    @Field package var operation: String
    @Field package var registration: String
    @Field package var memory: String
    @Field package var verdict: Word<Verdict>
    /// The completion status or errno of an error or a refusal.
    @Field package var status: String?
    @Field package var expected: Word<Verdict>?
    @Field package var expectedStatus: String?
    @Field package var kernel: String
    @Field package var read: String?
    @Field package var write: String?
    @Field package var outcome: String?
    @Field package var access: String?
    @Field package var reason: String?
    @Field package var evidence: [String]

    package init(
      operation: String,
      registration: String,
      memory: String,
      verdict: Verdict,
      status: String?,
      expected: Verdict?,
      expectedStatus: String?,
      kernel: String,
      read: String?,
      write: String?,
      outcome: String?,
      access: String?,
      reason: String?,
      evidence: [String]
    ) {
      (self.operation, self.registration, self.memory) = (operation, registration, memory)
      self.verdict = Word(verdict)
      self.status = status
      self.expected = expected.map { Word($0) }
      (self.expectedStatus, self.kernel, self.read) = (expectedStatus, kernel, read)
      (self.write, self.outcome, self.access, self.reason) = (write, outcome, access, reason)
      self.evidence = evidence
    }
  }

  @Field package var schema: String
  @Field package var device: String
  @Field package var kernel: String
  @Field package var cells: [Cell]
  /// The names of the cells whose verdict is not the expected one.
  @Field package var unexplained: [String]
  /// How many cells came to each verdict.
  @Field package var counts: [String: Int]

  package init(
    schema: String = "memreg.coherence/1",
    device: String,
    kernel: String,
    cells: [Cell] = [],
    unexplained: [String] = [],
    counts: [String: Int] = [:]
  ) {
    (self.schema, self.device, self.kernel, self.cells) = (schema, device, kernel, cells)
    (self.unexplained, self.counts) = (unexplained, counts)
  }
}
