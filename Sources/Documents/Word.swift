/// A word that stands for one of `Kind`'s cases; a document of a newer version may have one that is not known here.
package struct Word<Kind: RawRepresentable<String>>: RawRepresentable, FieldValue, Hashable,
  Sendable
{
  package var rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package init(_ kind: Kind) { rawValue = kind.rawValue }

  package init() { rawValue = "" }

  /// The case, or `nil` for a word that is not known.
  package var kind: Kind? { Kind(rawValue: rawValue) }

  package static func == (word: Word, kind: Kind) -> Bool { word.rawValue == kind.rawValue }

  package static func != (word: Word, kind: Kind) -> Bool { !(word == kind) }
}

// As a RawRepresentable, it is coded as its text.
extension Word: Codable {}
