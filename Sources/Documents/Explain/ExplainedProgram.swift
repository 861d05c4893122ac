/// What `memreg explain -- COMMAND` found: each distinct registration of a program that failed, and why.
package struct ExplainedProgram: Codable, Equatable, Sendable {
  /// A registration that failed, the first of those alike.
  package struct Failure: Codable, Equatable, Sendable {
    package var program: String
    package var pid: Int32
    /// Which registration of the process, counted from 1.
    package var number: UInt64
    /// The file name of the program or library that called.
    package var caller: String?
    package var explanation: ExplainReport
    /// Failures of the program with the same caller, errno and cause.
    package var times: Int

    package init(
      program: String,
      pid: Int32,
      number: UInt64,
      caller: String?,
      explanation: ExplainReport,
      times: Int = 1
    ) {
      (self.program, self.pid, self.number, self.caller) = (program, pid, number, caller)
      (self.explanation, self.times) = (explanation, times)
    }
  }

  package var schema = "memreg.explain-program/1"
  package var command: [String]
  /// The program's exit status, 128 and more for a signal.
  package var status: Int32
  package var processes = 0
  package var registrations: UInt64 = 0
  package var failed: UInt64 = 0
  package var failures: [Failure]

  package init(command: [String], status: Int32, failures: [Failure]) {
    (self.command, self.status, self.failures) = (command, status, failures)
  }
}
