extension StringProtocol {
  /// The parts of foreign text between `scalar`, as the kernel writes it: to `split(separator:)` a newline behind a
  /// carriage return, or a space before an accent, is another character.
  package func split(
    scalar: Unicode.Scalar,
    maxSplits: Int = .max,
    omittingEmptySubsequences isOmitting: Bool = true
  ) -> [Substring] {
    Substring(self).unicodeScalars
      .split(separator: scalar, maxSplits: maxSplits, omittingEmptySubsequences: isOmitting)
      .map { Substring($0) }
  }
}
