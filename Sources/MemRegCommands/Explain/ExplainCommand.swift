import ArgumentParser
import Diagnosis
import Documents
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// `memreg explain`: says why memory cannot be registered, or that it can.
struct ExplainCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say why a registration fails: the verdict, the evidence, the remedy.",
    usage: """
      memreg explain [<options>]
      memreg explain --pid <pid> [--size <size>] [--address <address> --length <size>]
      memreg explain [--json] [--verbose] -- <command> ...
      """,
    discussion: """
      Maps memory, registers it in a child process if that cannot exhaust memory, and explains the result; \
      with --errno explains a failure seen elsewhere under the same conditions. With --pid judges whether a running \
      process could register --size more: its limit, groups, namespaces and mappings; with --address as well, that \
      memory of it. Exits 0 if the memory can be registered, 1 if not.

      With COMMAND runs a program and explains on standard error each registration of it that fails, by what the \
      process had at that moment: its limit, groups and mappings. The exit status is COMMAND's. Programs that change \
      user, clear the environment, or are linked statically are not seen; `memreg trace` sees them.
      """
  )

  @Option(
    parsing: .unconditional,
    help: "Bytes to register. (default: 1MiB)",
    transform: SizeArgument.positive
  )
  var size = ByteSize(bytes: 1 << 20)

  @Option(
    help: ArgumentHelp(
      "What backs the memory: anonymous, thp, hugetlb[:2M|1G], memfd or file:PATH.",
      valueName: "kind"
    ),
    completion: ValueCompletion.memory
  )
  var memory = MemoryKind.anonymous

  @Option(
    help: ArgumentHelp("What the device may do, names joined by commas.", valueName: "flags"),
    completion: ValueCompletion.access
  )
  var access: AccessFlags = [.localWrite]

  @Option(
    help: ArgumentHelp("verbs, odp or io_uring.", valueName: "strategy"),
    completion: .list(RegisteringStrategy.allValueStrings)
  )
  var strategy: RegisteringStrategy?

  @Option(
    help: ArgumentHelp(
      "A failure to explain, such as ENOMEM or 524; nothing is tried.",
      valueName: "name"
    ),
    completion: ValueCompletion.errors
  )
  var errno: String?

  @Flag(name: .customLong("try"), help: "With --errno, register memory to narrow the cause down.")
  var isTrying = false

  @Option(
    help: ArgumentHelp("Memory of --pid, where it begins.", valueName: "address"),
    transform: ExplainCommand.address
  )
  var address: UInt64?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Bytes from --address.", valueName: "size"),
    transform: SizeArgument.positive
  )
  var length: ByteSize?

  @Option(
    help: ArgumentHelp(
      "A running process to judge; nothing is tried.",
      valueName: "pid"
    )
  )
  var pid: Int32?

  @OptionGroup var device: DeviceOptions

  @Flag(
    help: "Require that a failing trial is traced in the kernel, which is done where permitted."
  )
  var trace = false

  @Flag(name: .shortAndLong, help: "Show the evidence and the memory's mappings as well.")
  var verbose = false

  @OptionGroup var output: OutputOptions

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("A program to run, with its arguments.", valueName: "command")
  )
  var command: [String] = []

  func validate() throws {
    guard (address == nil) == (length == nil), address == nil || pid != nil else {
      throw ValidationError("--address goes with --length and --pid")
    }
    if !command.isEmpty, pid != nil || errno != nil || trace {
      throw ValidationError("a command goes with --json and --verbose alone")
    }
    if errno != nil, pid != nil, address == nil {
      throw ValidationError("--errno of another process needs --address and --length")
    }
    if trace, errno != nil && !isTrying || pid != nil {
      throw ValidationError(
        "--trace needs a trial, which --errno without --try and --pid do not make"
      )
    }
    if isTrying && errno == nil { throw ValidationError("--try goes with --errno") }
    if let errno, Errno(name: errno) == nil {
      throw ValidationError("'\(errno)' is no errno; write a name such as ENOMEM or its number")
    }
  }

  /// Whether the registration is tried here.
  private var isTried: Bool { errno == nil || isTrying }

  func execute() throws {
    guard command.isEmpty else { return try explainProgram() }
    if let address { return try show(inspect(address)) }
    if let pid { return try judge(pid) }
    let hasDevice = (try? Device.all())?.isEmpty == false
    if strategy == nil, !hasDevice, let failure = DeviceOptions.unusable(device.device) {
      throw failure
    }
    if strategy == nil, !hasDevice {
      StandardError.message(
        isTried
          ? "no RDMA device here; judging by io_uring, which pins by the same kernel code"
          : "no RDMA device here; what a device decides is not judged"
      )
      // An errno seen elsewhere is of verbs.
      if !isTried, device.device == nil { return try show(report(by: .verbs, nil, on: nil)) }
    }
    let kind = strategy ?? (hasDevice ? .verbs : .ioUring)
    guard isTried else { return try show(tryOut(by: kind)) }
    try ChildTrial.run { try show(tryOut(by: kind)) }
  }

  private func show(_ report: ExplainReport) throws {
    try output.write(report, text: report.text(isVerbose: verbose))
    if report.registrable == false || report.cause != nil {
      throw ExitCode(ExitStatus.doesNotHold.rawValue)
    }
  }

  private func tryOut(by registering: RegisteringStrategy) throws -> ExplainReport {
    let (strategy, context) = try registering.open(on: device)
    if trace { try FailureTrace.checkPermission() }
    return report(
      by: registering,
      isTried ? RegistrationProbe(strategy) : nil,
      on: context
    )
  }

  private func report(
    by registering: RegisteringStrategy,
    _ probe: RegistrationProbe?,
    on context: DeviceContext?
  ) -> ExplainReport {
    let run = ExplainRun(
      access: access,
      strategy: registering.kind,
      device: context.map { DeviceTraits(tryingDMABufsOf: $0) },
      probe: probe,
      code: errno.flatMap(Errno.init(name:))
    )
    do {
      let buffer = try HostBuffer(memory, length: size.bytes)
      let report = run.report(on: buffer.range)
      withExtendedLifetime(buffer.range) {}
      return report
    } catch {
      return run.report(on: error, kind: memory, length: size.bytes)
    }
  }

  // Another process's memory cannot be registered from here: its mappings alone are judged.
  private func inspect(_ address: UInt64) throws -> ExplainReport {
    let range = AddressRange(start: address, length: length?.bytes ?? 0)
    let inspection = try MemoryInspection(of: range, ofProcess: pid)
    var attempt = RegistrationAttempt(range, access: access, strategy: .verbs, code: nil)
    var report = ExplainReport(
      attempt,
      device: nil,
      verdict: "no mapping and no limit prevents registration"
    )
    let explainer = Explainer(ofProcess: pid)
    if let code = errno.flatMap(Errno.init(name:)) {
      attempt.code = code
      report.add(explainer.explain(attempt), code: code)
    } else {
      switch explainer.predict(attempt) {
      case .fits: report.registrable = true
      case .atEdge(let reason): report.add(reason, code: .ENOMEM)
      case .refused(let code, let reason):
        report.registrable = false
        report.add(reason, code: code)
      }
    }
    report.memory = ExplainReport.Memory(inspection)
    return report
  }

  private func judge(_ pid: Int32) throws {
    let report = try ExplainedProcess(
      pid,
      bytes: size.bytes,
      access: access,
      strategy: strategy?.kind ?? .verbs,
      device: device.device
    )
    try output.write(report, text: report.text(isVerbose: verbose))
    if report.registrable != true { throw ExitCode(ExitStatus.doesNotHold.rawValue) }
  }

  // Standard output is the program's own, but for a document that was asked for.
  private func explainProgram() throws {
    var run = ProgramExplanation(of: command)
    let report = try run.run()
    if output.json {
      StandardOutput.write(try JSONDocument.text(report))
    } else {
      StandardError.write(report.text(isVerbose: verbose))
    }
    if report.status != 0 { throw ExitCode(report.status) }
  }

  @Sendable
  static func address(_ text: String) throws -> UInt64 {
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : Substring(text)
    guard let address = UInt64(digits, radix: 16) else {
      throw ValidationError("'\(text)' is no address; write 0x7f0012345000")
    }
    return address
  }
}
