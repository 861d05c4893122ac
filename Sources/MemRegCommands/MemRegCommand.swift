public import ArgumentParser

/// The root of the command line.
public struct MemRegCommand: ParsableCommand {
  /// Name, version and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "memreg",
    abstract: "Register, account for, check and measure RDMA memory on Linux.",
    version: "0.2.0",
    subcommands: [
      RegisterCommand.self,
      BenchCommand.self,
      LimitsCommand.self,
      ExplainCommand.self,
      DevicesCommand.self,
      RxeCommand.self,
      CheckCommand.self,
      CoherenceCommand.self,
      ServeCommand.self,
      VerifyCommand.self,
      FuzzCommand.self,
      HoldersCommand.self,
      TopCommand.self,
      ExportCommand.self,
      TraceCommand.self,
      CacheCommand.self,
      RecordCommand.self,
      ReportCommand.self,
    ]
  )

  /// Needed by the parser.
  public init() {}

  /// Without a subcommand: summarizes this machine and suggests what to run next.
  public func run() throws {
    do {
      StandardOutput.write(try Overview().text)
    } catch {
      throw CommandFailure(wrapping: error).report()
    }
  }
}
