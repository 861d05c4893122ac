/// The matrix of `memreg coherence` as it came out, compared with what is known of the kernel.
package struct CoherenceReport: Codable, Equatable, Sendable {
  /// One cell of the matrix.
  package struct Cell: Codable, Equatable, Sendable {
    package var operation: String
    package var registration: String
    package var memory: String
    /// coherent, stale, diverged, error, failed, refused, not_applicable or skipped.
    package var verdict: String
    /// The completion status or errno of an error or a refusal.
    package var status: String?
    package var expected: String?
    package var expectedStatus: String?
    package var kernel: String
    package var read: String?
    package var write: String?
    package var outcome: String?
    package var access: String?
    package var reason: String?
    package var evidence: [String]

    package init(
      operation: String,
      registration: String,
      memory: String,
      verdict: String,
      status: String? = nil,
      expected: String? = nil,
      expectedStatus: String? = nil,
      kernel: String,
      read: String? = nil,
      write: String? = nil,
      outcome: String? = nil,
      access: String? = nil,
      reason: String? = nil,
      evidence: [String]
    ) {
      self.operation = operation
      self.registration = registration
      self.memory = memory
      self.verdict = verdict
      self.status = status
      self.expected = expected
      self.expectedStatus = expectedStatus
      self.kernel = kernel
      self.read = read
      self.write = write
      self.outcome = outcome
      self.access = access
      self.reason = reason
      self.evidence = evidence
    }
  }

  package var schema: String
  package var device: String
  package var kernel: String
  package var cells: [Cell]
  /// The names of the cells whose verdict is not the expected one.
  package var unexplained: [String]
  /// How many cells came to each verdict.
  package var counts: [String: Int]

  package init(
    schema: String = "memreg.coherence/1",
    device: String,
    kernel: String,
    cells: [Cell] = [],
    unexplained: [String] = [],
    counts: [String: Int] = [:]
  ) {
    self.schema = schema
    self.device = device
    self.kernel = kernel
    self.cells = cells
    self.unexplained = unexplained
    self.counts = counts
  }
}
