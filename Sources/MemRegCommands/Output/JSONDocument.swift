import FoundationEssentials

/// One JSON document: sorted keys in snake_case, one unit per key, a `schema` field.
enum JSONDocument {
  /// The document as indented text that ends in a newline.
  static func text(_ value: some Encodable) throws -> String {
    try encode(value, formatting: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
  }

  /// The document on one line, for streams of objects.
  static func line(_ value: some Encodable) throws -> String {
    try encode(value, formatting: [.sortedKeys, .withoutEscapingSlashes])
  }

  private static func encode(
    _ value: some Encodable,
    formatting: JSONEncoder.OutputFormatting
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}
