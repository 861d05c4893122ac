/// What `memreg verify` proved of another host's registrations and of its own.
package struct VerifyReport: Codable, Equatable, Sendable {
  /// One thing that was tried.
  package struct Case: Codable, Equatable, Sendable {
    /// "remote" for memory of the host, "local" for memory of this side.
    package var memory: String
    package var name: String
    package var expected: String
    package var observed: String
    package var holds: Bool
    /// What the driver of the memory's owner is known to do otherwise, if the case does not hold for it.
    package var knownDefect: String?

    package init(
      memory: String,
      name: String,
      expected: String,
      observed: String,
      holds: Bool,
      knownDefect: String? = nil
    ) {
      (self.memory, self.name, self.expected, self.observed) = (memory, name, expected, observed)
      (self.holds, self.knownDefect) = (holds, knownDefect)
    }
  }

  /// One thing that was not tried.
  package struct Skip: Codable, Equatable, Sendable {
    package var memory: String
    package var name: String
    package var reason: String

    package init(memory: String, name: String, reason: String) {
      (self.memory, self.name, self.reason) = (memory, name, reason)
    }
  }

  package var schema: String
  package var host: String
  package var port: UInt16
  /// The local device.
  package var device: String
  package var sizeBytes: UInt64
  package var interrupted: Bool
  package var cases: [Case]
  package var skipped: [Skip]?

  package init(
    schema: String = "memreg.verify/1",
    host: String,
    port: UInt16,
    device: String,
    sizeBytes: UInt64,
    interrupted: Bool,
    cases: [Case],
    skipped: [Skip]? = nil
  ) {
    (self.schema, self.host, self.port, self.device) = (schema, host, port, device)
    (self.sizeBytes, self.interrupted) = (sizeBytes, interrupted)
    (self.cases, self.skipped) = (cases, skipped)
  }
}
