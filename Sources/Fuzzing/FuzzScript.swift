/// A sequence of steps as text: one operation per line, lines that begin with `#` are remarks.
public struct FuzzScript: Equatable, Sendable {
  /// The steps in order.
  public var operations: [FuzzOperation]

  /// What is wrong with a script.
  public enum Problem: Error, Equatable, CustomStringConvertible {
    /// A line, counted from 1, is no operation.
    case notAnOperation(line: Int, text: String)
    /// There is no operation: the file is empty or holds only remarks.
    case noOperations

    /// "line 3: 'nonsense' is no operation".
    public var description: String {
      switch self {
      case .notAnOperation(let line, let text): "line \(line): '\(text)' is no operation"
      case .noOperations: "it has no operation"
      }
    }
  }

  /// A script of these steps.
  public init(_ operations: [FuzzOperation]) { self.operations = operations }

  /// Reads a script of at least one operation; throws the first line that is none.
  public init(parsing text: String) throws(Problem) {
    var operations: [FuzzOperation] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let words = line.drop { $0 == " " || $0 == "\t" }
      if words.isEmpty || words.hasPrefix("#") { continue }
      guard let operation = FuzzOperation(line: words) else {
        throw Problem.notAnOperation(line: index + 1, text: String(words.unicodeScalars.prefix(80)))
      }
      operations.append(operation)
    }
    guard !operations.isEmpty else { throw Problem.noOperations }
    self.operations = operations
  }

  /// The script as text.
  public var text: String { operations.map { "\($0)\n" }.joined() }
}
