/// Texts in fixed arrays of C structs.
enum CText {
  /// The text up to the first NUL of a C array imported as a tuple of `char`.
  static func read<Array>(_ array: Array) -> String {
    unsafe withUnsafeBytes(of: array) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
