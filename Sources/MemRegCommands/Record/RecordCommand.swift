import ArgumentParser
internal import CRecording
import Glibc
import LinuxSystem

/// `memreg record`: writes down every registration that a program makes.
struct RecordCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record the memory registrations of any program that uses libibverbs.",
    usage: """
      memreg record [--output <file>] -- <command> ...
      memreg record [--output <file>] --recover <directory>
      """,
    discussion: """
      Runs COMMAND with a library preloaded that notes ibv_reg_mr, ibv_reg_mr_iova, ibv_reg_mr_iova2, \
      ibv_reg_dmabuf_mr, ibv_rereg_mr and ibv_dereg_mr: thread, time, duration, address, length, \
      access, keys, result. What forks and what is executed is recorded as well, and nothing is lost \
      when a process crashes. `memreg cache` replays the trace.

      The exit status is COMMAND's, 128 and more when a signal ended it. Programs that change user, \
      clear the environment, or are linked statically are not recorded; `memreg trace` sees them. \
      The summary names those that still run.

      The raw recording is in memreg-record-* under $TMPDIR or /tmp. It stays there if the trace cannot \
      be written, if memreg is killed, or if processes of COMMAND still run when it has ended; \
      --recover makes the trace of it.
      """
  )

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where the trace goes.", valueName: "file"),
    completion: .file()
  )
  var output = "memreg.trace.jsonl"

  @Option(
    help: ArgumentHelp(
      "Make the trace of the raw recording in this directory.",
      valueName: "directory"
    ),
    completion: .directory
  )
  var recover: String?

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("The program and its arguments.", valueName: "command")
  )
  var command: [String] = []

  func validate() throws {
    guard command.isEmpty == (recover != nil) else {
      throw ValidationError("give a command behind --, or a directory to --recover")
    }
  }

  func execute() throws {
    // A program that has run for hours is late to find out that its trace has no place.
    let place = try OutputPlace(output, option: "--output")
    if let recover { return try makeTrace(of: RecordingDirectory(recover), in: place) }
    let library = try RecorderLibrary.path()
    ForegroundProgram.prepare()
    let directory = try RecordingDirectory(for: command.joined(separator: " "))
    let status: Int32
    do {
      try Orphans.adopt()
      status = try ForegroundProgram(
        command,
        environment: RecorderLibrary.environment(library, of: directory)
      )
      .wait()
    } catch {
      directory.remove()
      throw error
    }
    // The number of the program may be another one's by now. What is left to do outlasts the terminal.
    _ = signal(SIGHUP, SIG_IGN)
    Interruption.watch()
    let failure = writeTrace(of: directory, in: place, keeping: false)
    if status != 0 { throw ExitCode(status) }
    if let failure { throw ExitCode(failure.rawValue) }
  }

  private func makeTrace(of directory: RecordingDirectory, in place: OutputPlace) throws {
    Interruption.watch()
    guard try directory.command != nil || directory.hasRecordings() else {
      throw CommandFailure(
        "cannot recover \(directory.path): no recording in it",
        status: .dataError
      )
    }
    if let failure = writeTrace(of: directory, in: place, keeping: true) {
      throw ExitCode(failure.rawValue)
    }
  }

  /// Writes the trace and says in one line what came of it, and what is left to do.
  private func writeTrace(
    of directory: RecordingDirectory,
    in place: OutputPlace,
    keeping isKept: Bool
  ) -> ExitStatus? {
    // Looked for first: a process that ends meanwhile has recorded all of its calls.
    let survivors = Survivors(of: directory)
    var recording = Recording(in: directory)
    var parts: [String] = []
    var status: ExitStatus?
    do {
      try recording.write(command: directory.command ?? "", to: place)
      parts += recording.summary.parts(of: place.name)
    } catch {
      let failure = CommandFailure(wrapping: error)
      status = failure.status
      parts.append(failure.message)
    }
    parts += survivors.parts
    let isNeeded = status != nil && (try? directory.hasRecordings()) != false
    if !isNeeded && survivors.recording.isEmpty {
      if !isKept { directory.remove() }
    } else {
      parts.append(
        "`memreg record --recover \(directory.path)` makes the trace of what is recorded there"
      )
    }
    StandardError.message(parts.joined(separator: "; "))
    return status
  }
}
