import Glibc

/// A system call that failed: what was attempted and the errno it left.
public struct SystemError: Error, Equatable, Sendable {
  /// What was attempted, as a phrase that reads after "cannot".
  public let action: String
  /// The errno of the failure.
  public let code: Errno
  /// What a person can do about it, where that is known.
  public let remedy: String?

  /// Records that `action` failed with `code`.
  public init(_ action: String, code: Errno, remedy: String? = nil) {
    self.action = action
    self.code = code
    self.remedy = remedy
  }

  /// Throws unless `status` is zero; for functions that return 0 or a positive errno.
  public static func check(
    _ action: @autoclosure () -> String,
    _ status: Int32,
    remedy: @autoclosure () -> String? = nil
  ) throws(SystemError) {
    guard let code = Errno(status: status) else { return }
    throw SystemError(action(), code: code, remedy: remedy())
  }

  /// Passes a result on, or throws errno where it is negative.
  public static func check<Value: SignedInteger>(
    _ action: @autoclosure () -> String,
    result: Value
  ) throws(SystemError) -> Value {
    let code = Errno.current
    guard result >= 0 else { throw SystemError(action(), code: code) }
    return result
  }
}

extension SystemError: CustomStringConvertible {
  /// One line: "cannot ACTION: Cannot allocate memory (ENOMEM)", and the remedy where there is one.
  public var description: String {
    let cause = "cannot \(action): \(code)"
    return remedy.map { "\(cause); \($0)" } ?? cause
  }
}

extension SystemError {
  /// Whether the privilege or permission was lacking (EACCES, EPERM).
  public var isRefusal: Bool { code == .EACCES || code == .EPERM }
}
