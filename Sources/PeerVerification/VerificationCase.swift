/// One thing that two hosts proved of each other's registrations, or did not.
public struct VerificationCase: Sendable {
  /// What was tried, such as "wrong-key".
  public let name: String
  /// Whose memory was moved: "remote" for the server's, "local" for this side's, moved by the server.
  public let memory: String
  /// What has to come of it: checksums, pages, or a completion status.
  public let expected: String
  /// What came of it.
  public let observed: String

  /// Whether both are the same.
  public var holds: Bool { expected == observed }
}
