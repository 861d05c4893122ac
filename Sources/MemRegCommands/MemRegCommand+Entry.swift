import ArgumentParser
import Glibc
import LinuxSystem

extension MemRegCommand {
  /// Parses the command line, runs the command, and exits with a status after sysexits(3).
  public static func runToExit() -> Never {
    MainStack.run { MemRegCommand.parseAndRun() }
  }

  private static func parseAndRun() -> Never {
    StandardStreams.reserve()
    FileSizeSignal.makeError()
    var status: Int32 = 0
    do {
      try checkText()
      let words = words(of: CommandLine.arguments.dropFirst())
      if let problem = unknownCommand(in: words) { throw ValidationError(problem) }
      var command = try parseAsRoot(words)
      try command.run()
    } catch {
      status = exitStatus(reporting: error)
    }
    Glibc.exit(StandardOutput.finish(status))
  }

  /// Throws where an argument is no text: a String of it would name another file.
  private static func checkText() throws(ValidationError) {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = unsafe CommandLine.unsafeArgv[index] else { continue }
      let text = unsafe String(cString: argument)
      // What follows is a program's.
      guard text != "--" else { return }
      guard unsafe String(validatingCString: argument) != nil else {
        throw ValidationError("'\(text)' is no UTF-8, which memreg takes")
      }
    }
  }

  /// The same arguments with `--name=` as the two words that it means: ArgumentParser takes the next argument for the
  /// value otherwise.
  static func words(of arguments: some Sequence<String>) -> [String] {
    var words: [String] = []
    var isOption = true
    for argument in arguments {
      isOption = isOption && argument != "--"
      let name = argument.utf8.prefix { $0 != UInt8(ascii: "=") }
      let isEmpty =
        isOption && name.count > 2 && name.starts(with: "--".utf8)
        && name.count + 1 == argument.utf8.count
      words += isEmpty ? [String(decoding: name, as: UTF8.self), ""] : [argument]
    }
    return words
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
    StandardError.failure(line, [], remedy: nil)
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
