/// What `memreg fuzz` found.
package struct FuzzReport: Codable, Equatable, Sendable {
  /// A script after which kernel and model disagree.
  package struct Divergence: Codable, Equatable, Sendable {
    package var difference: String
    package var seed: UInt64
    package var originalSteps: Int
    package var script: [String]

    package init(
      difference: String,
      seed: UInt64,
      originalSteps: Int,
      script: [String]
    ) {
      self.difference = difference
      self.seed = seed
      self.originalSteps = originalSteps
      self.script = script
    }
  }

  package var schema: String
  package var kernel: String
  package var device: String
  package var seed: UInt64
  package var threads: Int
  package var operations: Int
  package var divergences: Int
  /// How many registrations ended with each errno, or with success.
  package var answers: [String: Int]
  package var elapsedNs: UInt64
  package var interrupted: Bool
  package var found: [Divergence]

  package init(
    schema: String = "memreg.fuzz/1",
    kernel: String,
    device: String,
    seed: UInt64,
    threads: Int,
    operations: Int,
    divergences: Int,
    answers: [String: Int],
    elapsedNs: UInt64,
    interrupted: Bool,
    found: [Divergence]
  ) {
    self.schema = schema
    self.kernel = kernel
    self.device = device
    self.seed = seed
    self.threads = threads
    self.operations = operations
    self.divergences = divergences
    self.answers = answers
    self.elapsedNs = elapsedNs
    self.interrupted = interrupted
    self.found = found
  }
}
