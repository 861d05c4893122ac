/// What `memreg fuzz` found.
package struct FuzzReport: Codable, Equatable, Sendable {
  /// A script after which kernel and model disagree.
  package struct Divergence: Codable, Equatable, Sendable {
    @Field package var difference: String
    @Field package var seed: UInt64
    @Field package var originalSteps: Int
    @Field package var script: [String]

    package init(
      difference: String,
      seed: UInt64,
      originalSteps: Int,
      script: [String]
    ) {
      (self.difference, self.seed, self.originalSteps) = (difference, seed, originalSteps)
      self.script = script
    }
  }

  @Field package var schema: String
  @Field package var kernel: String
  @Field package var device: String
  @Field package var seed: UInt64
  @Field package var threads: Int
  @Field package var operations: Int
  @Field package var divergences: Int
  /// How many registrations ended with each errno, or with success.
  @Field package var answers: [String: Int]
  @Field package var elapsedNs: UInt64
  @Field package var interrupted: Bool
  @Field package var found: [Divergence]

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
    (self.schema, self.kernel, self.device, self.seed) = (schema, kernel, device, seed)
    (self.threads, self.operations, self.divergences) = (threads, operations, divergences)
    (self.answers, self.elapsedNs, self.interrupted) = (answers, elapsedNs, interrupted)
    self.found = found
  }
}
