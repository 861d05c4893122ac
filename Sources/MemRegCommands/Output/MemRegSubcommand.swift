import ArgumentParser
import LinuxSystem

/// A subcommand whose failures end as one line on standard error and a sysexits status.
protocol MemRegSubcommand: ParsableCommand {
  /// Does the work; throws `CommandFailure`, any error of the modules below, or `ExitCode`.
  func execute() throws
}

extension MemRegSubcommand {
  mutating func run() throws {
    do {
      try execute()
    } catch {
      let isEnd = Interruption.isRequested && (error as? SystemError)?.code == .EINTR
      let error = isEnd ? Interruption.end("there is no result") : error
      // The parser reports its own errors.
      guard let failure = CommandFailure(known: error) else { throw error }
      throw failure.report()
    }
  }
}
