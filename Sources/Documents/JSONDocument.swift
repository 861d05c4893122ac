import FoundationEssentials
import LinuxSystem

/// The one way in which documents are written and read: sorted keys in snake_case, one unit per key, a `schema` field,
/// and the host and kernel it is from.
///
/// A value that is not known has no key: optional properties are left out, never null. Ratios are integers whose key
/// names the part (`_ppm`, `_per_mille`, `_percent`); new ones are in `_ppm`. Keys that a reader does not know are
/// skipped, so that a document of a newer minor version is still read.
package enum JSONDocument {
  /// The document as indented text that ends in a newline.
  package static func text(_ value: some Encodable) throws -> String {
    try encode(value, formatting: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
  }

  /// The document on one line, for streams of objects.
  package static func line(_ value: some Encodable) throws -> String {
    try encode(value, formatting: [.sortedKeys, .withoutEscapingSlashes])
  }

  /// A line of a stream whose first line, written by `line`, names the schema, host and kernel of them all.
  package static func entry(_ value: some Encodable) throws -> String {
    try encode(value, formatting: [.sortedKeys, .withoutEscapingSlashes], isHeaded: false)
  }

  /// Reads a document that `text` or `line` wrote.
  package static func read<Document: Decodable>(_ type: Document.Type, _ bytes: [UInt8]) throws
    -> Document
  {
    try decoder.decode(type, from: Data(bytes))
  }

  /// Reads a document that may be anyone's: a field that it lacks, or has something else in place of, is `nil`.
  package static func readForeign<Document: Decodable>(_ type: Document.Type, _ bytes: [UInt8])
    throws -> Document
  {
    let decoder = decoder
    if let key = CodingUserInfoKey.isReadingForeign { decoder.userInfo[key] = true }
    return try decoder.decode(type, from: Data(bytes))
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }

  private static func encode(
    _ value: some Encodable,
    formatting: JSONEncoder.OutputFormatting,
    isHeaded: Bool = true
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let bytes =
      if isHeaded { try encoder.encode(Headed(content: value)) } else { try encoder.encode(value) }
    let text = String(decoding: bytes, as: UTF8.self)
    return printable(text) + "\n"
  }

  /// The same document with what steers a terminal or hides text written as `\uXXXX`; such scalars are in strings only.
  static func printable(_ text: String) -> String {
    guard text.printableLines != text else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar.isPrintable || scalar == "\n" {
        result.append(scalar)
      } else {
        for unit in UTF16.encode(scalar) ?? UTF16.EncodedScalar() {
          let digits = String(unit, radix: 16)
          let escape = "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
          result.append(contentsOf: escape.unicodeScalars)
        }
      }
    }
    return String(result)
  }

  /// A document with the machine's name and its kernel; a document that has a `host` of its own keeps it.
  private struct Headed: Encodable {
    let content: any Encodable

    private enum Key: String, CodingKey {
      case host, kernel
    }

    func encode(to encoder: any Encoder) throws {
      var head = encoder.container(keyedBy: Key.self)
      try head.encode(Machine.hostName, forKey: .host)
      try head.encode(Machine.kernelRelease, forKey: .kernel)
      try content.encode(to: encoder)
    }
  }
}
