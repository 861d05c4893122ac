import Documents
import LinuxSystem

/// One JSON document of memreg's, told by its `schema`.
public struct ReportDocument: Sendable {
  /// What a document is about.
  public enum Kind: String, Sendable, CaseIterable {
    /// `memreg bench`.
    case bench = "memreg.bench/1"
    /// `memreg check`.
    case check = "memreg.check/1"
    /// `memreg coherence`.
    case coherence = "memreg.coherence/1"
    /// `memreg cache`.
    case cache = "memreg.cache/1"
    /// `memreg limits`.
    case limits = "memreg.limits/1"
    /// `memreg fuzz`.
    case fuzz = "memreg.fuzz/1"

    /// The subcommand that writes it.
    var command: String { String(rawValue.dropFirst("memreg.".count).dropLast("/1".count)) }
  }

  /// What a document says, by what it is about.
  enum Content: Sendable {
    case bench(BenchReport)
    case check(CheckReport)
    case coherence(CoherenceReport)
    case cache(ReplayReport)
    case limits(LimitsReport)
    case fuzz(FuzzReport)
  }

  /// The file that it was read from.
  public let file: String
  /// What it is about.
  public let kind: Kind
  let content: Content
  private let head: DocumentHead

  /// Reads the bytes of `file`; throws for what is not JSON, ends early, or has a schema that is not known.
  public init(parsing bytes: [UInt8], of file: String) throws(DocumentProblem) {
    guard let end = bytes.last(where: { !($0 == 0x20 || (9...13).contains($0)) }) else {
      throw DocumentProblem(file, "it is empty")
    }
    guard !JSONBounds.areExceeded(by: bytes) else {
      throw DocumentProblem(file, "it has more than \(JSONBounds.mostValues) values")
    }
    let document: HeadedContent
    do {
      document = try JSONDocument.readForeign(HeadedContent.self, bytes)
    } catch {
      throw DocumentProblem(
        file,
        end == UInt8(ascii: "}")
          ? "it is no JSON" : "it is no JSON, or was cut off: it does not end in a brace"
      )
    }
    guard let schema = document.head.schema else {
      throw DocumentProblem(file, "it has no `schema`, so memreg did not write it")
    }
    guard let (kind, content) = document.content else {
      let known = Kind.allCases.map(\.command).joined(separator: ", ")
      throw DocumentProblem(
        file,
        "schema '\(schema.printable)' is none of version 1 of \(known)"
      )
    }
    guard content.longestList <= JSONBounds.mostEntries else {
      throw DocumentProblem(file, "a list in it has more than \(JSONBounds.mostEntries) entries")
    }
    self.file = file
    self.kind = kind
    self.content = content
    head = document.head
  }

  private var environment: BenchEnvironment? { bench?.$environment }

  /// The machine that wrote it; documents did not always say.
  var host: String? { head.host }

  /// The kernel that it is about.
  var kernel: String? { head.kernel ?? environment?.$kernel }

  /// The RDMA device that it is about.
  var device: String? { head.device ?? environment?.device }

  /// The kernel driver of that device.
  var driver: String? { head.driver ?? environment?.driver }

  /// Whether instructions were emulated, so that no time in it is one of real hardware.
  var isEmulated: Bool { head.emulated == true || environment?.emulated == true }

  /// The file's name without its directories and ".json", for headings.
  var name: String {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    return last.hasSuffix(".json") ? String(last.dropLast(5)) : last
  }
}

extension ReportDocument {
  /// What a document of `memreg bench` says; `nil` for one of another kind.
  var bench: BenchReport? { if case .bench(let report) = content { report } else { nil } }

  /// The same of `memreg check`.
  var check: CheckReport? { if case .check(let report) = content { report } else { nil } }

  /// The same of `memreg coherence`.
  var coherence: CoherenceReport? {
    if case .coherence(let report) = content { report } else { nil }
  }

  /// The same of `memreg cache`.
  var cache: ReplayReport? { if case .cache(let report) = content { report } else { nil } }

  /// The same of `memreg limits`.
  var limits: LimitsReport? { if case .limits(let report) = content { report } else { nil } }

  /// The same of `memreg fuzz`.
  var fuzz: FuzzReport? { if case .fuzz(let report) = content { report } else { nil } }
}

/// A document as one pass reads it: its head, and then what its schema says that it holds.
private struct HeadedContent: Decodable {
  let head: DocumentHead
  /// `nil` for a schema that is not known.
  let content: (ReportDocument.Kind, ReportDocument.Content)?

  init(from decoder: any Decoder) throws {
    head = (try? DocumentHead(from: decoder)) ?? DocumentHead()
    let kind = head.schema.flatMap(ReportDocument.Kind.init(rawValue:))
    content = try kind.map { ($0, try ReportDocument.Content($0, from: decoder)) }
  }
}

extension ReportDocument.Content {
  /// How many entries its longest list has of those whose entries a page compares.
  fileprivate var longestList: Int {
    switch self {
    case .bench(let report): max(report.cases.count, report.models.count)
    case .check(let report): report.checks.count
    case .coherence(let report): max(report.cells.count, report.unexplained.count)
    case .cache(let report): report.policies.count
    case .limits(let report): report.hugetlbPools.count
    case .fuzz(let report): report.found.count
    }
  }

  fileprivate init(_ kind: ReportDocument.Kind, from decoder: any Decoder) throws {
    self =
      switch kind {
      case .bench: .bench(try BenchReport(from: decoder))
      case .check: .check(try CheckReport(from: decoder))
      case .coherence: .coherence(try CoherenceReport(from: decoder))
      case .cache: .cache(try ReplayReport(from: decoder))
      case .limits: .limits(try LimitsReport(from: decoder))
      case .fuzz: .fuzz(try FuzzReport(from: decoder))
      }
  }
}
