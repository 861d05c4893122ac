public import LinuxSystem
package import Verbs

/// Why a verification could not go on; without a reason it was interrupted.
public struct VerificationFailure: Error {
  /// The reason in one line.
  public let reason: String?
  /// The errno behind it, where there is one.
  public var code: Errno?

  package init(reason: String?) { self.reason = reason }

  package init(_ error: VerbsError, answer: [UInt8]) {
    code = error.code
    switch try? VerificationGreeting(parsing: answer) {
    case let greeting? where greeting.kind == .busy:
      reason = "the server is busy with other verifications; try again"
    case let greeting? where greeting.kind == .otherVersion:
      reason = "the server speaks another version of the protocol"
    default:
      reason = "\(error.verb) failed: \(error.code)"
    }
  }
}
