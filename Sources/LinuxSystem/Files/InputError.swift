/// Why a file that somebody named could not be read.
public enum InputError: Error, Equatable, Sendable {
  /// `open(2)`, `fstat(2)` or `read(2)` failed.
  case refused(SystemError)
  /// The file is of a kind that is not read, or beyond a limit.
  case unsuitable(path: String, reason: String)
}

extension InputError: CustomStringConvertible {
  /// One line: "cannot read PATH: REASON".
  public var description: String {
    switch self {
    case .refused(let error): error.description
    case .unsuitable(let path, let reason): "cannot read \(path): \(reason)"
    }
  }
}
