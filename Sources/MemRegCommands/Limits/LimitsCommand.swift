import ArgumentParser
import Diagnosis
import Documents
import Glibc
import LinuxSystem
import MemoryRegistration
import Verbs

/// `memreg limits`: what a process or a user may pin, who set the limit and how to raise it.
struct LimitsCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "Show what may be pinned, who set the limit, and how to raise it.",
    discussion: """
      Reads the memlock limit, VmPin, the capability as the kernel judges it, rdma control groups, hugetlb \
      pools and mappings, and names the login, unit, Slurm step, container or process that set the limit.

      --need SIZE prints one line and exits 0 if SIZE more can be pinned, 1 if not. --probe registers \
      memory until the kernel refuses, and releases it.
      """
  )

  @Option(help: ArgumentHelp("Another process.", valueName: "pid"))
  var pid: Int32?

  @Option(help: ArgumentHelp("All processes of a user, and its next login.", valueName: "name"))
  var user: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Exit 0 if this much more can be pinned, else 1.", valueName: "size"),
    transform: SizeArgument.positive
  )
  var need: ByteSize?

  @Flag(help: "Find the true maximum by registering.")
  var probe = false

  @OptionGroup var device: DeviceOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if user != nil && (pid != nil || need != nil || probe) {
      throw ValidationError("--user stands alone: a limit belongs to a process; use --pid")
    }
    if pid != nil && probe {
      throw ValidationError("--probe registers in this process; drop --pid")
    }
    if let pid, pid <= 0 { throw ValidationError("a process id is a positive number") }
  }

  func execute() throws {
    if let user { return try showUser(user) }
    let origin = try MemlockOrigin(ofProcess: pid ?? getpid())
    let devices = traits
    var report = try LimitsReport(ofProcess: pid ?? getpid(), origin, on: devices)
    report.need = need.map { report.judged(need: $0.bytes, origin, on: devices) }
    if probe {
      // All of the report is of this process; the child only adds what it has found.
      try ChildTrial.run { [report] in
        var report = report
        report.probe = try runProbe(within: report)
        try show(report)
      }
    } else {
      try show(report)
    }
  }

  // A device that may not be opened here bounds nothing that can be said.
  private var traits: [DeviceTraits] {
    let devices = (try? DeviceOptions.devices(named: device.device)) ?? []
    return devices.compactMap { try? DeviceContext(named: $0.name) }.map { DeviceTraits(of: $0) }
  }

  private func show(_ report: LimitsReport) throws {
    try output.write(report, text: report.need?.text ?? report.text)
    if Interruption.isRequested { throw Interruption.end("the limit was not reached") }
    if report.need?.holds == false { throw ExitCode(ExitStatus.doesNotHold.rawValue) }
  }

  private func showUser(_ name: String) throws {
    guard let account = UserAccount(name) else {
      throw CommandFailure("cannot look up user \(name): no such user", status: .usage)
    }
    let report = UserLimitsReport(account)
    try output.write(report, text: report.text)
  }

  private func runProbe(within report: LimitsReport) throws -> LimitsReport.Probe {
    let isDevice = device.device != nil || (try? Device.all())?.isEmpty == false
    let (strategy, context) = try (isDevice ? RegisteringStrategy.verbs : .ioUring).open(on: device)
    let watch = try Interruption.watch(context)
    defer { withExtendedLifetime(watch) {} }
    do {
      let pages = PinnableMemory()
      let bound = min(
        report.headroomBytes.map { $0 + LimitProbe.largestStep } ?? .max,
        pages.ofNewMemory?.bytes ?? .max
      )
      let result = try LimitProbe(strategy)
        .run(bound: bound, bufferBytes: pages.safePageBytes / 4) { Interruption.isRequested }
      return LimitsReport.Probe(result, by: strategy.kind, on: context?.device)
    } catch let error as RegistrationError {
      if Interruption.isRequested(on: [context?.device]) {
        throw Interruption.end("the limit was not reached")
      }
      throw CommandFailure(error, explained: Explainer().explain(error))
    }
  }
}
