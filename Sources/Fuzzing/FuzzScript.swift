/// A sequence of steps as text: one operation per line, lines that begin with `#` are remarks.
public struct FuzzScript: Equatable, Sendable {
  /// The steps in order.
  public var operations: [FuzzOperation]

  /// What is wrong with a script, by line.
  public struct Problem: Error, Equatable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    /// The line as it stands.
    public let text: String

    /// Names a line.
    public init(line: Int, text: String) {
      self.line = line
      self.text = text
    }

    /// "line 3: 'nonsense' is no operation".
    public var description: String { "line \(line): '\(text)' is no operation" }
  }

  /// A script of these steps.
  public init(_ operations: [FuzzOperation]) { self.operations = operations }

  /// Reads a script; throws the first line that is none.
  public init(parsing text: String) throws(Problem) {
    var operations: [FuzzOperation] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let words = line.drop { $0 == " " || $0 == "\t" }
      if words.isEmpty || words.hasPrefix("#") { continue }
      guard let operation = FuzzOperation(line: words) else {
        throw Problem(line: index + 1, text: String(words.prefix(80)))
      }
      operations.append(operation)
    }
    self.operations = operations
  }

  /// The script as text.
  public var text: String { operations.map { "\($0)\n" }.joined() }
}
