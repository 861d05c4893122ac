/// What `memreg explain` found about one registration.
package struct ExplainReport: Codable, Equatable, Sendable {
  /// One mapping of the memory.
  package struct Mapping: Codable, Equatable, Sendable {
    package var label: String
    package var pageBytes: UInt64

    package init(
      label: String,
      pageBytes: UInt64
    ) {
      self.label = label
      self.pageBytes = pageBytes
    }
  }

  /// What Linux says of the memory.
  package struct Memory: Codable, Equatable, Sendable {
    package var mappings: [Mapping]
    package var fileSystem: String?
    package var residentBytes: UInt64
    package var transparentHugeBytes: UInt64
    /// By the number of the NUMA node.
    package var nodeBytes: [String: UInt64]

    package init(
      mappings: [Mapping],
      fileSystem: String?,
      residentBytes: UInt64,
      transparentHugeBytes: UInt64,
      nodeBytes: [String: UInt64]
    ) {
      (self.mappings, self.fileSystem, self.residentBytes) = (mappings, fileSystem, residentBytes)
      (self.transparentHugeBytes, self.nodeBytes) = (transparentHugeBytes, nodeBytes)
    }
  }

  package var schema: String
  package var address: UInt64
  package var lengthBytes: UInt64
  package var pages: UInt64
  package var access: String
  package var strategy: String
  package var device: String?
  /// Whether the memory can be registered; absent if that was not tried.
  package var registrable: Bool?
  package var errno: String?
  package var cause: String?
  package var verdict: String
  /// Who set the limit that refuses.
  package var setBy: String?
  package var evidence: [String]
  package var remedy: String?
  package var memory: Memory?
  /// The kernel function in which a traced trial failed, and what that proves; docs/trace.md has both.
  package var failedStage: String?
  package var stageCause: String?

  package init(
    schema: String = "memreg.explain/1",
    address: UInt64,
    lengthBytes: UInt64,
    pages: UInt64,
    access: String,
    strategy: String,
    device: String?,
    registrable: Bool? = nil,
    errno: String? = nil,
    cause: String? = nil,
    verdict: String,
    setBy: String? = nil,
    evidence: [String] = [],
    remedy: String? = nil,
    memory: Memory? = nil
  ) {
    (self.schema, self.address, self.lengthBytes) = (schema, address, lengthBytes)
    (self.pages, self.access, self.strategy, self.device) = (pages, access, strategy, device)
    (self.registrable, self.errno, self.cause) = (registrable, errno, cause)
    (self.verdict, self.setBy, self.evidence) = (verdict, setBy, evidence)
    (self.remedy, self.memory) = (remedy, memory)
  }
}
