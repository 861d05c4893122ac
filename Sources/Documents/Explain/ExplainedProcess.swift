/// What `memreg explain --pid PID` found about a running process.
package struct ExplainedProcess: Codable, Equatable, Sendable {
  /// Mappings that cannot be registered for one cause.
  package struct Mappings: Codable, Equatable, Sendable {
    package var cause: String
    package var count: Int
    package var example: String

    package init(cause: String, count: Int, example: String) {
      (self.cause, self.count, self.example) = (cause, count, example)
    }
  }

  package var schema = "memreg.explain-process/1"
  package var pid: Int32
  package var process: String
  /// Bytes of new memory that are judged.
  package var lengthBytes: UInt64
  /// Whether they can be registered; absent at the edge of what is left.
  package var registrable: Bool?
  package var errno: String?
  package var cause: String?
  package var verdict: String
  package var setBy: String?
  package var remedy: String?
  package var evidence: [String]
  /// Its limit, groups and namespaces, a line each.
  package var facts: [String]
  package var mappings: Int?
  /// Those of its mappings that cannot be registered.
  package var unregistrable: [Mappings]

  package init(pid: Int32, process: String, lengthBytes: UInt64, verdict: String) {
    (self.pid, self.process, self.lengthBytes) = (pid, process, lengthBytes)
    self.verdict = verdict
    (evidence, facts, unregistrable) = ([], [], [])
  }
}
