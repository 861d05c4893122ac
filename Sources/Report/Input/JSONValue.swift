import FoundationEssentials

/// Any JSON value, walked by key: one type reads the documents of every schema, whoever wrote them.
public indirect enum JSONValue: Decodable, Equatable, Sendable {
  /// Nothing: null, or a key or index that is not there.
  case null
  /// true or false.
  case bool(Bool)
  /// A whole number that fits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object([String: JSONValue])

  /// Tries what documents hold most first.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([String: JSONValue].self) {
      self = .object(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else {
      self = .null
    }
  }

  /// The value of a key; `null` where there is none.
  public subscript(_ key: String) -> JSONValue {
    guard case .object(let values) = self else { return .null }
    return values[key] ?? .null
  }

  /// The string, or `nil` for anything else.
  public var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The elements of an array; none for anything else.
  public var items: [JSONValue] { if case .array(let items) = self { items } else { [] } }

  /// The keys and values of an object in the order of the keys; none for anything else.
  var members: [(key: String, value: JSONValue)] {
    guard case .object(let values) = self else { return [] }
    return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Whether it is `true`.
  var isTrue: Bool { self == .bool(true) }

  /// The number as a floating-point one, or `nil` for anything else.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The number as a count that cannot be negative, or `nil` for anything else.
  var count: UInt64? {
    guard case .integer(let value) = self else { return nil }
    return UInt64(exactly: value)
  }

  /// What a table shows of a scalar: its text, its digits, yes or no, or "-".
  var cell: String {
    switch self {
    case .null, .array, .object: "-"
    case .bool(let value): value ? "yes" : "no"
    case .integer(let value): "\(value)"
    case .number(let value): FixedPoint.text(value, decimals: 3)
    case .string(let value): value
    }
  }

  /// A number of bytes as people read it; `absent` for anything else.
  func size(absent: String = "-") -> String { count.map { SizeText.text($0) } ?? absent }

  /// Nanoseconds as people read them; "-" for anything else.
  var duration: String { double.map { DurationText.text(nanoseconds: $0) } ?? "-" }
}
