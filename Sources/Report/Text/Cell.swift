import LinuxSystem

// What a table shows of a value that a document may lack.

extension String? {
  /// The text, or "-".
  var cell: String { self ?? "-" }
}

extension Bool? {
  /// "yes", "no" or "-".
  var cell: String { map { $0 ? "yes" : "no" } ?? "-" }
}

extension Optional where Wrapped: BinaryInteger {
  /// The digits, or "-".
  var cell: String { map { String($0) } ?? "-" }

  /// A number of bytes as people read it; `absent` for none.
  func size(absent: String = "-") -> String {
    flatMap { UInt64(exactly: $0) }.map { SizeText.text($0) } ?? absent
  }

  /// Nanoseconds as people read them, or "-".
  var duration: String { map { DurationText.text(nanoseconds: Double($0)) } ?? "-" }
}

extension Optional where Wrapped: RawRepresentable<String> {
  /// The word as the document has it, or "-".
  var cell: String { self?.rawValue ?? "-" }
}
