import ArgumentParser
internal import CRecording
import Glibc
import HostMemory

/// `memreg record`: writes down every registration that a program makes.
struct RecordCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record the memory registrations of any program that uses libibverbs.",
    usage: "memreg record [--output <file>] -- <command> ...",
    discussion: """
      Runs COMMAND with a library preloaded that notes ibv_reg_mr, ibv_reg_mr_iova, ibv_reg_mr_iova2, \
      ibv_reg_dmabuf_mr, ibv_rereg_mr and ibv_dereg_mr: thread, time, duration, address, length, \
      access, keys, result. What forks and what is executed is recorded as well, and nothing is lost \
      when a process crashes. `memreg cache` replays the trace.

      The exit status is COMMAND's, 128 and more when a signal ended it. Programs that change user, \
      clear the environment, or are linked statically are not recorded; `memreg trace` sees them.
      """
  )

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where the trace goes.", valueName: "file"),
    completion: .file()
  )
  var output = "memreg.trace.jsonl"

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("The program and its arguments.", valueName: "command")
  )
  var command: [String]

  func execute() throws {
    let library = try RecorderLibrary.path()
    let directory = try ScratchDirectory()
    let program = try ForegroundProgram(
      command,
      environment: [
        "LD_PRELOAD": RecorderLibrary.list(library, before: "LD_PRELOAD"),
        "LD_AUDIT": RecorderLibrary.list(library, before: "LD_AUDIT"),
        RECORDING_DIRECTORY: directory.path,
      ]
    )
    let status = try program.wait()
    let recording = try Recording(directory: directory.path)
    try TraceFile.write(recording.events, command: command.joined(separator: " "), to: output)
    StandardError.message("\(RecordSummary(recording).text) in \(output)")
    if status != 0 { throw ExitCode(status) }
  }
}
