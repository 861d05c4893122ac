import ArgumentParser
import Glibc

extension MemRegCommand {
  /// Parses the command line, runs the command, and exits with a status after sysexits(3).
  public static func runToExit() -> Never {
    StandardStreams.reserve()
    var status: Int32 = 0
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      status = exitStatus(reporting: error)
    }
    Glibc.exit(StandardOutput.finish(status))
  }

  /// Help goes to standard output whole; anything else is one line on standard error.
  private static func exitStatus(reporting error: any Error) -> Int32 {
    let status = exitCode(for: error).rawValue
    let message = status == 0 ? fullMessage(for: error) : self.message(for: error)
    guard !message.isEmpty else { return status }
    guard status != 0 else {
      StandardOutput.write(message + "\n")
      return 0
    }
    let line = message.split(separator: "\n").map { $0.trimmingSpaces }.joined(separator: " ")
    StandardError.message(line)
    return status == ExitCode.validationFailure.rawValue ? ExitStatus.usage.rawValue : status
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }
}
