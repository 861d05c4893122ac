public import LinuxSystem

/// A verb that failed: which, on what, and the errno the library or the kernel left.
public struct VerbsError: Error, Equatable, Sendable {
  /// The C function, such as `ibv_reg_mr_iova2`.
  public let verb: String
  /// The errno, as `ibv_*` functions return or set it.
  public let code: Errno
  /// Whether the device is gone, and with it everything that was made on it; `code` is EIO then.
  public let isDisassociated: Bool

  /// Records that `verb` failed with `code`.
  public init(_ verb: String, code: Errno) {
    self.verb = verb
    self.code = code
    isDisassociated = false
  }

  private init(disassociated verb: String) {
    self.verb = verb
    code = .EIO
    isDisassociated = true
  }

  /// The failure of any verb on a context that has been disassociated, on every kernel.
  public static func disassociated(_ verb: String) -> VerbsError {
    VerbsError(disassociated: verb)
  }
}

extension VerbsError {
  /// The errno with which `body` fails, `nil` if it succeeds.
  package static func code(_ body: () throws(VerbsError) -> Void) -> Errno? {
    do throws(VerbsError) {
      try body()
      return nil
    } catch {
      return error.code
    }
  }
}
