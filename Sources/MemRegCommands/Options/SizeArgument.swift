import ArgumentParser

/// Turns the text of a size option into a `ByteSize`, or says what is wrong with it.
enum SizeArgument {
  /// A size of at least one byte.
  @Sendable
  static func positive(_ text: String) throws -> ByteSize {
    try accepted(ByteSize.parse(text))
  }

  /// A size that may be zero.
  @Sendable
  static func any(_ text: String) throws -> ByteSize {
    try accepted(ByteSize.parse(text, allowingZero: true))
  }

  private static func accepted(
    _ result: Result<ByteSize, ByteSize.Problem>
  ) throws -> ByteSize {
    switch result {
    case .success(let size): return size
    case .failure(let problem): throw ValidationError(problem.reason)
    }
  }
}
