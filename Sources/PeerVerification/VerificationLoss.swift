import Verbs

/// The connection of a verification is gone.
enum VerificationLoss: Error {
  /// The pair has stopped by itself, as it does when a transfer of either side is refused.
  case stopped(CompletionStatus)
  /// The peer has ended the connection.
  case disconnected
  /// The peer did not take a message.
  case unsent(CompletionStatus)
}
