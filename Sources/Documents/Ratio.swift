/// A ratio as documents have it: a whole number of parts, whose kind the key names.
///
/// New keys are in `_ppm`.
package struct Ratio<Parts: RatioParts>: Hashable, Sendable, FieldValue, ExpressibleByIntegerLiteral
{
  package var parts: Int64

  package init(parts: Int64) { self.parts = parts }

  /// The nearest number of parts; the closest that there is for a ratio that is none or too large.
  package init(_ ratio: Double) {
    let exact = (ratio * Parts.whole).rounded()
    parts = exact.isNaN ? 0 : Int64(exactly: exact) ?? (exact < 0 ? .min : .max)
  }

  package init(integerLiteral parts: Int64) { self.parts = parts }

  package init() { parts = 0 }

  /// The ratio itself.
  package var value: Double { Double(parts) / Parts.whole }

  package var percent: Double { Double(parts) * 100 / Parts.whole }
}

/// What the parts of a ratio are.
package protocol RatioParts {
  /// How many parts are the whole.
  static var whole: Double { get }
}

/// Keys that end in `_ppm`.
package enum PerMillion: RatioParts {
  package static let whole = 1e6
}

/// Keys that end in `_per_mille`.
package enum PerMille: RatioParts {
  package static let whole = 1e3
}

/// Keys that end in `_percent`.
package enum Percent: RatioParts {
  package static let whole = 1e2
}

extension Ratio: Codable {
  package init(from decoder: any Decoder) throws {
    parts = try decoder.singleValueContainer().decode(Int64.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(parts)
  }
}
