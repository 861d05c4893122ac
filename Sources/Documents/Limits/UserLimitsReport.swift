/// What the processes of a user may pin and what its next login gets, as `memreg limits --user` found it.
package struct UserLimitsReport: Codable, Equatable, Sendable {
  /// One process of the user.
  package struct Process: Codable, Equatable, Sendable {
    package var pid: Int32
    package var process: String
    /// Absent if it is unlimited or hidden.
    package var softBytes: UInt64?
    package var isLimitHidden: Bool
    package var liftsLimit: Bool
    package var pinnedBytes: Int64

    package init(
      pid: Int32,
      process: String,
      softBytes: UInt64?,
      isLimitHidden: Bool,
      liftsLimit: Bool,
      pinnedBytes: Int64
    ) {
      (self.pid, self.process, self.softBytes) = (pid, process, softBytes)
      (self.isLimitHidden, self.liftsLimit) = (isLimitHidden, liftsLimit)
      self.pinnedBytes = pinnedBytes
    }
  }

  package var schema: String
  package var user: String
  package var userId: UInt32
  /// The memlock lines of limits.conf that decide about the user's next login.
  package var lines: [String]
  /// Absent if limits.conf says unlimited, or nothing.
  package var loginSoftBytes: UInt64?
  package var isLoginConfigured: Bool
  package var pinnedBytes: Int64
  package var processes: [Process]

  package init(
    schema: String = "memreg.user-limits/1",
    user: String,
    userId: UInt32,
    lines: [String],
    loginSoftBytes: UInt64?,
    isLoginConfigured: Bool,
    pinnedBytes: Int64,
    processes: [Process]
  ) {
    (self.schema, self.user, self.userId, self.lines) = (schema, user, userId, lines)
    (self.loginSoftBytes, self.isLoginConfigured) = (loginSoftBytes, isLoginConfigured)
    (self.pinnedBytes, self.processes) = (pinnedBytes, processes)
  }
}
