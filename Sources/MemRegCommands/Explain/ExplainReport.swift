import Diagnosis
import HostMemory
import LinuxSystem
import MemoryRegistration
import Report
import Verbs

/// What `memreg explain` found out; the JSON document as it stands.
struct ExplainReport: Encodable {
  struct Mapping: Encodable {
    let label: String
    let pageBytes: UInt64
  }

  struct Memory: Encodable {
    let mappings: [Mapping]
    let fileSystem: String?
    let residentBytes: UInt64
    let transparentHugeBytes: UInt64
    let nodeBytes: [String: UInt64]

    init(_ inspection: MemoryInspection) {
      mappings = inspection.areas.map {
        Mapping(label: $0.label, pageBytes: $0.usage?.pageSize ?? 0)
      }
      fileSystem = inspection.file?.type
      residentBytes = inspection.residentBytes
      transparentHugeBytes = inspection.transparentHugeBytes
      nodeBytes = Dictionary(uniqueKeysWithValues: inspection.nodes.map { ("\($0.key)", $0.value) })
    }
  }

  let schema = "memreg.explain/1"
  let address: UInt64
  let lengthBytes: UInt64
  let pages: UInt64
  let access: String
  let strategy: String
  let device: String?
  /// Whether the memory can be registered; absent where that was not tried.
  var registrable: Bool?
  var errno: String?
  var cause: String?
  var verdict: String
  var evidence: [String] = []
  var remedy: String?
  var memory: Memory?
}

extension ExplainReport {
  init(_ attempt: RegistrationAttempt, device: String?, verdict: String) {
    address = attempt.range.start
    lengthBytes = attempt.range.length
    pages = attempt.range.pages
    access = attempt.access.description
    strategy = attempt.strategy.rawValue
    self.device = device
    self.verdict = verdict
  }

  /// Takes over what the explanation says.
  mutating func add(_ explanation: FailureExplanation, code: Errno) {
    errno = code.name
    cause = explanation.cause.rawValue
    verdict = explanation.verdict
    evidence = explanation.evidence
    remedy = explanation.remedy
  }

  /// The verdict, the evidence under it, the remedy last.
  var text: String {
    var lines = [cause.map { "\($0): \(verdict)" } ?? verdict]
    lines += evidence.map { "  \($0)" }
    if let memory { lines += memory.lines.map { "  \($0)" } }
    if let remedy { lines.append("remedy: \(remedy)") }
    return lines.printableLines
  }
}

extension ExplainReport.Memory {
  fileprivate var lines: [String] {
    var lines = mappings.prefix(4).map { "\($0.label), pages of \(ByteSize.text($0.pageBytes))" }
    if mappings.count > 4 { lines.append("and \(mappings.count - 4) mappings more") }
    if let fileSystem { lines.append("file system: \(fileSystem)") }
    var inMemory = "in memory: \(ByteSize.text(residentBytes))"
    if residentBytes > 0 {
      let share = Double(transparentHugeBytes) / Double(residentBytes) * 100
      inMemory += ", \(FixedPoint.text(share, decimals: 0)) % in transparent huge pages"
    }
    lines.append(inMemory)
    let places = nodeBytes.sorted { $0.key < $1.key }
      .map { "node \($0.key) \(ByteSize.text($0.value))" }
    if !places.isEmpty { lines.append("NUMA: " + places.joined(separator: ", ")) }
    return lines
  }
}
