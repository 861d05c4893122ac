import ArgumentParser
import LinuxSystem

/// A subcommand whose failures end as one line on standard error and a sysexits status.
protocol MemRegSubcommand: ParsableCommand {
  /// Does the work; throws `CommandFailure`, `SystemError` or `ExitCode`.
  func execute() throws
}

extension MemRegSubcommand {
  mutating func run() throws {
    do {
      try execute()
    } catch let failure as CommandFailure {
      throw failure.report()
    } catch let error as SystemError {
      throw CommandFailure(error).report()
    } catch let error as InputError {
      throw CommandFailure(error).report()
    }
  }
}
