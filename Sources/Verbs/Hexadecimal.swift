/// Hexadecimal texts of fixed width.
enum Hexadecimal {
  /// `value` in lower-case hexadecimal, filled up with zeros to `digits`.
  static func text(_ value: some BinaryInteger, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
