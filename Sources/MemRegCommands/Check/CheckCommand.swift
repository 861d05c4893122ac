import ArgumentParser
import Conformance
import Documents
import Glibc
import HostMemory
import LinuxSystem
import Report
import Verbs

/// `memreg check`: holds the kernel to its promises about registered memory.
struct CheckCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check on a real device what the kernel promises about registered memory.",
    discussion: """
      Each check runs in a process of its own, starts and ends with nothing pinned, and says what it \
      expected and what it observed. A pattern is a group, a name, the beginning of one, or a glob. \
      Most checks need root, for page frames and for counters that only root may read; what cannot \
      run is skipped, with the reason; a skip does not count as a pass. What a kernel is known to do wrong is listed as \
      a known defect, and flagged where it no longer does.

      Safe on a production node, as they touch only their own memory and the device: \
      accounting, drivers, lifecycle, ownership, data, mw, rereg. Checks of other groups turn on same-page \
      merging, swap to a zram device, limit a control group, mount a file system on a loop device, \
      compact memory, or make and remove a soft-RoCE device; --safe skips these, and --list says what \
      each does. What they change is restored at the next start if they are killed.

      Exits 1 when a check fails.
      """
  )

  @Argument(
    help: "Which checks: groups, names or globs; by default all but the matrices.",
    completion: ValueCompletion.checks
  )
  var patterns: [String] = []

  @Flag(help: "List the checks and what they promise, and run nothing.")
  var list = false

  @Option(help: "text, tap, junit or json.")
  var format = CheckFormat.text

  @Option(help: "How many checks may run at a time; those that observe the system run alone.")
  var jobs = 1

  @Flag(help: "Stop at the first failure.")
  var failFast = false

  @Option(help: "The seed of what checks choose at random.")
  var seed: UInt64 = 1

  @Flag(
    inversion: .prefixedNo,
    help:
      "Skip what changes the system for a moment. The default, except in the microVM of memreg-rxe-vm."
  )
  var safe: Bool?

  /// Whether to leave the system as it is: a machine is taken for a production node unless it is known not to be.
  private var isSafe: Bool { safe ?? !Machine.isMicroVM }

  @Flag(help: "Break the observations on purpose and show that every check notices.")
  var selfTest = false

  @Flag(
    help:
      "Compare two JSON documents of earlier runs, given in place of patterns: what differs, first."
  )
  var compare = false

  @OptionGroup var device: DeviceOptions

  func validate() throws {
    guard (1...256).contains(jobs) else { throw ValidationError("--jobs is from 1 to 256") }
    guard !compare || patterns.count == 2 else {
      throw ValidationError("--compare takes two JSON documents of memreg check")
    }
  }

  func execute() throws {
    if compare { return try compareDocuments() }
    let checks = Catalogue.select(patterns)
    for pattern in patterns where !Catalogue.checks.contains(where: { $0.matches(pattern) }) {
      throw CommandFailure("no check is named '\(pattern)'; see --list", status: .usage)
    }
    if list { return StandardOutput.write(CheckList(checks).text) }
    let device = try device.open().device
    Interruption.watch()
    StagedChanges.restore()
    let setup = CheckRunner.Setup(device: device.name, seed: seed, isSafe: isSafe)
    if selfTest { return try CheckSelfTest(checks, device: device, setup, jobs: jobs).run() }
    try run(checks, on: device, setup)
  }

  private func compareDocuments() throws {
    var documents: [ReportDocument] = []
    var reading = DocumentReading()
    reading.forEach(of: patterns) { documents.append($0) }
    try reading.finish()
    guard documents.count == 2 else {
      throw CommandFailure("--compare takes two files, not directories", status: .usage)
    }
    do throws(DocumentProblem) {
      StandardOutput.write(try CheckComparison(documents[0], documents[1]).text)
    } catch {
      throw CommandFailure(error.description, status: .dataError)
    }
  }

  private func run(_ checks: [Check], on device: Device, _ setup: CheckRunner.Setup) throws {
    var writer = CheckWriter(
      format,
      report: CheckReport(device: device.name, seed: seed),
      of: checks
    )
    let runner = CheckRunner(setup, jobs: jobs, failFast: failFast)
    // The processes of the checks hold the device and are killed when it is being removed.
    let isInterrupted = { Interruption.isRequested(on: [device]) }
    try runner.run(checks, isInterrupted: isInterrupted) { writer.add($0) }
    try writer.finish(interrupted: Interruption.isRequested)
    if Interruption.isRequested {
      throw Interruption.end("the results are partial")
    }
    if writer.report.summary.failed > 0 { throw ExitCode(ExitStatus.doesNotHold.rawValue) }
  }
}
