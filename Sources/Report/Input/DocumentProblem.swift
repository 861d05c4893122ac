/// Why a file is no document of memreg's, in one line that names the file.
public struct DocumentProblem: Error, Equatable, CustomStringConvertible {
  /// The line.
  public let description: String

  init(_ file: String, _ reason: String) { description = "cannot report \(file): \(reason)" }
}
