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

    package init(
      memory: String,
      name: String,
      expected: String,
      observed: String,
      holds: Bool
    ) {
      (self.memory, self.name, self.expected, self.observed) = (memory, name, expected, observed)
      self.holds = holds
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

  package init(
    schema: String = "memreg.verify/1",
    host: String,
    port: UInt16,
    device: String,
    sizeBytes: UInt64,
    interrupted: Bool,
    cases: [Case]
  ) {
    (self.schema, self.host, self.port, self.device) = (schema, host, port, device)
    (self.sizeBytes, self.interrupted, self.cases) = (sizeBytes, interrupted, cases)
  }
}
