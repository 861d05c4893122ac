import FoundationEssentials
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

  /// The file that it was read from.
  public let file: String
  /// What it is about.
  public let kind: Kind
  let root: JSONValue

  /// Reads the bytes of `file`; throws for what is not JSON, ends early, or has a schema that is not known.
  public init(parsing bytes: [UInt8], of file: String) throws(DocumentProblem) {
    guard let end = bytes.last(where: { !($0 == 0x20 || (9...13).contains($0)) }) else {
      throw DocumentProblem(file, "it is empty")
    }
    guard !JSONBounds.areExceeded(by: bytes) else {
      throw DocumentProblem(file, "it has more than \(JSONBounds.mostValues) values")
    }
    guard let root = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else {
      throw DocumentProblem(
        file,
        end == UInt8(ascii: "}")
          ? "it is no JSON" : "it is no JSON, or was cut off: it does not end in a brace"
      )
    }
    guard let schema = root["schema"].text else {
      throw DocumentProblem(file, "it has no `schema`, so memreg did not write it")
    }
    guard let kind = Kind(rawValue: schema) else {
      let known = Kind.allCases.map(\.command).joined(separator: ", ")
      throw DocumentProblem(
        file,
        "schema '\(schema.printable)' is none of version 1 of \(known)"
      )
    }
    self.file = file
    self.kind = kind
    self.root = root
  }

  /// The machine that wrote it; documents did not always say.
  var host: String? { root["host"].text }

  /// The kernel that it is about.
  var kernel: String? { root["kernel"].text ?? root["environment"]["kernel"].text }

  /// The RDMA device that it is about.
  var device: String? { root["device"].text ?? root["environment"]["device"].text }

  /// The kernel driver of that device.
  var driver: String? { root["driver"].text ?? root["environment"]["driver"].text }

  /// Whether instructions were emulated, so that no time in it is one of real hardware.
  var isEmulated: Bool { root["emulated"].isTrue || root["environment"]["emulated"].isTrue }

  /// The file's name without its directories and ".json", for headings.
  var name: String {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    return last.hasSuffix(".json") ? String(last.dropLast(5)) : last
  }
}
