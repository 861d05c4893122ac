import ArgumentParser
import Diagnosis
import Documents
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// `memreg register`: registers memory with the given options and reports what the kernel charged for it.
struct RegisterCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "register",
    abstract: "Register memory and show what the kernel charges for it.",
    discussion: """
      Maps memory, registers it, reads VmPin from the kernel before and after, releases it again and \
      reports keys, times and the account. A registration that fails leaves nothing pinned.

      Sizes take K, M, G and T, all by 1024. --access joins names by commas: local-read, \
      local-write, remote-read, remote-write, remote-atomic, mw-bind, zero-based, hugetlb, \
      flush-global, flush-persistent, relaxed-ordering.

      With --hold, a device that is being removed is released at once (status 69), on every kernel.
      """
  )

  @Option(
    parsing: .unconditional,
    help: "Bytes of each region. (default: 1MiB)",
    transform: SizeArgument.positive
  )
  var size = ByteSize(bytes: 1 << 20)

  @Option(
    parsing: .unconditional,
    help: "Bytes from the start of a page to the region. (default: 0)",
    transform: SizeArgument.any
  )
  var offset = ByteSize(bytes: 0)

  @Option(help: "How many regions to register.")
  var count = 1

  @Option(
    help: ArgumentHelp(
      "What backs the memory: anonymous, thp, hugetlb[:2M|1G], memfd or file:PATH.",
      valueName: "kind"
    ),
    completion: ValueCompletion.memory
  )
  var memory = MemoryKind.anonymous

  @Flag(help: "Fault every page in before registering.")
  var populate = false

  @Option(
    help: ArgumentHelp("What the device may do, names joined by commas.", valueName: "flags"),
    completion: ValueCompletion.access
  )
  var access: AccessFlags = [.localWrite]

  @Option(
    help: ArgumentHelp("verbs (pinned), odp (on demand) or io_uring.", valueName: "strategy"),
    completion: .list(RegisteringStrategy.allValueStrings)
  )
  var strategy = RegisteringStrategy.verbs

  @OptionGroup var device: DeviceOptions

  @Flag(help: "Ask the kernel even for what does not fit under a limit or in memory.")
  var force = false

  @Flag(help: "Keep the regions registered until SIGINT, SIGTERM or the removal of the device.")
  var hold = false

  @Flag(name: .shortAndLong, help: "If it fails, show the evidence for the cause as well.")
  var verbose = false

  @OptionGroup var output: OutputOptions

  func execute() throws {
    let plan = try RegisterPlan(
      size: size.bytes,
      offset: offset.bytes,
      count: count,
      kind: memory,
      access: access
    )
    let kind = strategy.kind
    let (strategy, context) = try strategy.open(on: device)
    // Without an active port no byte can be moved, and nothing is said.
    let placement =
      kind == .odp
      ? context.flatMap { try? OnDemandPlacement(probing: ProtectionDomain(on: $0)) } : nil
    let watch = try Interruption.watch(hold ? context : nil)
    defer { withExtendedLifetime(watch) {} }
    let buffer = try plan.makeBuffer()
    if !force { try plan.check(buffer.range, by: kind) }
    if populate { try buffer.populate() }
    var run = RegisterRun(
      plan: plan,
      strategy: ledgered(strategy),
      device: context?.device.name,
      placement: placement
    )
    do {
      try run.registerAll(in: buffer)
      if hold && !Interruption.isRequested {
        try show(run.report)
        Interruption.wait()
      }
      try run.releaseAll()
    } catch let error as RegistrationError {
      guard error.isDisassociated, Interruption.isRequested(on: [context?.device]) else {
        throw run.failure(error, isVerbose: verbose)
      }
    }
    // A buffer lives as long as its last use, and the regions need it until here.
    withExtendedLifetime(buffer.range) {}
    if !hold { try show(run.report) }
    if Interruption.isRequested {
      let freed = ByteSize.text(run.report.chargedBytes)
      throw Interruption.end("released \(freed) in \(run.report.regions.count) regions")
    }
  }

  private func ledgered(_ strategy: some RegistrationStrategy) -> any RegistrationStrategy {
    strategy.ledgered(isForced: force)
  }

  private func show(_ report: RegisterReport) throws {
    try output.write(report, text: report.text)
  }
}
