import ArgumentParser
import Benchmarking
import Diagnosis
import Documents
import LinuxSystem
import Measurement
import MemoryRegistration
import Report
import Tracing
import Verbs

/// `memreg bench`: measures what registering memory costs, with the kernel's account of each pin beside it.
struct BenchCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure what registering memory costs.",
    discussion: """
      Registers and deregisters memory of each size, kind and strategy in turn, in interleaved \
      rounds, and shows the percentiles of both and of the tight loop of both, the pages that one \
      registration charged to VmPin, and a fitted cost: base time plus time per page.

      Lists are joined by commas; sizes take K, M and G, and 4K:64M doubles from the one to the \
      other. Without --iterations a case takes 1000 samples, fewer above 1 MiB or of cold pages. \
      Exported files are replaced after every round over the cases, and as each case ends. --compare prints ratios of \
      medians with 95 % intervals, and exits 1 when one exceeds --max-regression.

      Columns: times of one register or deregister call, and of the pair in a tight loop; p99.9 with 2000 samples or \
      more. ns/page is the median by page of 4 KiB, GiB/s the size by the median, of several threads their sum. charged: pages that one \
      registration added to VmPin; expected: what memreg's model says. kernel: the share of CPU time spent there; \
      faults: page faults; clock: the share of the time that reading the clock took. A table has at most 100 columns; on \
      a narrower terminal clock goes first, then faults, kernel, expected, max, min, p90, p99.9 and charged.

      With odp among the strategies the device's own side is timed as well: writes to pages that \
      are pinned, used before, prefetched, and touched for the first time.

      With --stages, which needs what memreg trace needs, up to 200 samples of each case are taken again while they are \
      traced: uverbs, driver, map, fault, pin, migrate and release of a typical call, what its caller waits outside of \
      them, and the ratio of the medians with and without the trace, which is what tracing itself adds.
      """
  )

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sizes and doubling ranges of sizes; by default 4K:64M, or half of what the limit leaves.",
      valueName: "list"
    )
  )
  var sizes: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Kinds of memory: anonymous, thp, hugetlb[:2M|1G], memfd, file:PATH.",
      valueName: "list"
    ),
    completion: ValueCompletion.memories
  )
  var memory = "anonymous"

  @Flag(help: "Measure memory whose pages are there; the default.")
  var populated = false

  @Flag(help: "Measure memory whose pages are not there yet.")
  var cold = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "verbs, odp, io_uring, copy; by default what the device can, copy not under emulation.",
      valueName: "list"
    ),
    completion: ValueCompletion.strategies
  )
  var strategy: String?

  @Option(
    help: ArgumentHelp("What the device may do, names joined by commas.", valueName: "flags"),
    completion: ValueCompletion.access
  )
  var access: AccessFlags = [.localWrite]

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Numbers of threads that register at once.", valueName: "list")
  )
  var threads = "1"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Numbers of one-page regions that are registered already.",
      valueName: "list"
    )
  )
  var resident = "0"

  @OptionGroup var device: DeviceOptions

  @Option(
    name: [.customShort("n"), .long],
    parsing: .unconditional,
    help: ArgumentHelp(
      "Samples of each case; by default 1000, fewer above 1 MiB or of cold pages.",
      valueName: "count"
    )
  )
  var iterations: String?

  @Option(
    name: [.customShort("D"), .long],
    parsing: .unconditional,
    help: ArgumentHelp("Measure each case for this long instead.", valueName: "seconds")
  )
  var duration: String?

  @Option(
    name: [.customShort("w"), .long],
    parsing: .unconditional,
    help: ArgumentHelp("Samples of each case to take first and drop.", valueName: "count")
  )
  var warmup = "20"

  @Flag(
    help: ArgumentHelp(
      "Trace some registrations of each case besides, to show what the kernel spends their time on."
    )
  )
  var stages = false

  @Flag(name: [.customShort("j"), .long], help: "Print one JSON document with all samples.")
  var json = false

  @Flag(help: "Draw the medians against size below the tables.")
  var plot = false

  @Option(
    help: ArgumentHelp(
      "Keep the JSON document in this file, or in one for host and task in this directory.",
      valueName: "file"
    )
  )
  var exportJson: String?

  @Option(help: ArgumentHelp("Keep the tables in this file, in Markdown.", valueName: "file"))
  var exportMarkdown: String?

  @Option(help: ArgumentHelp("Keep a row for each case and phase in this file.", valueName: "file"))
  var exportCsv: String?

  @Option(
    help: ArgumentHelp("Compare with this JSON result; - for standard input.", valueName: "file")
  )
  var compare: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("With --compare: exit 1 when a median grew by more.", valueName: "percent")
  )
  var maxRegression: String?

  func execute() throws {
    let axes = try checkedAxes()
    let exports = try BenchExports(json: exportJson, markdown: exportMarkdown, csv: exportCsv)
    let wanted = try strategy.map { try ListArgument.strategies($0, option: "--strategy") }
    let tolerance = try checkedTolerance()
    let base = try compare.map { try BenchComparison.base(at: $0) }
    if stages { try BenchCommand.checkTracing() }
    let strategies = try StrategySet(wanted: wanted, device: device, access: access)
    let report = try measure(axes, strategies, exports)
    let comparison = base.map { BenchComparison(report, to: $0) }
    StandardOutput.write(try json ? JSONDocument.line(report) : report.text)
    if plot { showBeside(report.plot(width: Terminal.size.columns)) }
    if let comparison { showBeside(comparison.text) }
    try conclude(report, comparison, tolerance)
  }

  private func measure(
    _ axes: BenchAxes,
    _ strategies: StrategySet,
    _ exports: BenchExports
  ) throws -> BenchReport {
    let clock = MonotonicClock.cost()
    var report = BenchReport(
      interrupted: false,
      environment: try BenchEnvironment(device: strategies.device),
      access: access.description,
      warmupSamples: axes.warmup,
      clockReadPs: UInt64((clock * 1000).rounded()),
      vmPinBeforeBytes: try ProcessStatus().pinned,
      vmPinAfterBytes: 0,
      cases: [],
      models: [],
      factors: [],
      crossovers: []
    )
    let watch = try Interruption.watch(strategies.context)
    // A file that cannot be written is worth knowing before measuring, not after.
    try exports.write(report, isAll: false)
    let progress = ProgressLine()
    let runner = BenchRunner(
      axes: axes,
      strategies: strategies,
      clock: clock,
      explain: { Explainer().message(for: $0) }
    )
    let measurements = try BenchCommand.run(
      runner,
      progress: { progress.show($0, "\($1)") },
      checkpoint: { measurements in
        guard !exports.isEmpty else { return }
        report.cases = measurements.map { BenchReport.Case($0, clock: clock) }
        report.conclude()
        try exports.write(report, isAll: false)
      }
    )
    if strategies.kinds.contains(.odp), let domain = strategies.domain, !Interruption.isRequested {
      progress.show(1, "device access")
      try measureAccess(in: domain, axes, &report)
    }
    progress.clear()
    report.cases = measurements.map { BenchReport.Case($0, clock: clock) }
    report.conclude()
    report.interrupted = Interruption.isRequested(on: [strategies.device])
    report.vmPinAfterBytes = try ProcessStatus().pinned
    try exports.write(report, isAll: true)
    withExtendedLifetime(watch) {}
    return report
  }

  /// That calls can be traced is worth knowing before measuring, and what cannot be told apart here.
  private static func checkTracing() throws {
    let session = try TraceSession(.ofThisProcess)
    TraceCommand.tell(ofUnseen: session)
  }

  private static func run(
    _ runner: BenchRunner,
    progress: (Double, BenchCase) -> Void,
    checkpoint: ([BenchMeasurement]) throws -> Void
  ) throws -> [BenchMeasurement] {
    do {
      return try runner.run(progress: progress, checkpoint: checkpoint)
    } catch let failure as ResidentsFailure {
      throw CommandFailure(
        "--resident \(failure.wanted): after \(failure.registered) registrations \(failure.reason)",
        status: ExitStatus(errno: failure.code)
      )
    }
  }

  /// Times the device's own accesses; without an active port there are none.
  private func measureAccess(
    in domain: ProtectionDomain,
    _ axes: BenchAxes,
    _ report: inout BenchReport
  ) throws {
    guard let placement = try? OnDemandPlacement(probing: domain) else { return }
    report.onDemandPlacement = placement
    do {
      var bench = try AccessBench(in: domain)
      report.deviceAccess = BenchReport.Access.all(
        of: try bench.run(samples: axes.iterations ?? 1000)
      )
    } catch let failure as AccessFailure {
      throw CommandFailure(failure.description, status: .refused)
    } catch let error as VerbsError {
      // The rest of the result stands: this part alone needs 65 pages beside what is measured.
      StandardError.message(
        "device access not measured: \(error.verb): \(error.code)"
      )
    }
  }

  /// With --json standard output holds one document and nothing else.
  private func showBeside(_ text: String) {
    if json {
      StandardError.write(text)
    } else {
      StandardOutput.write("\n" + text)
    }
  }

  private func conclude(
    _ report: BenchReport,
    _ comparison: BenchComparison?,
    _ tolerance: Double?
  ) throws {
    if report.interrupted {
      throw Interruption.end("the result is partial")
    }
    if let failed = report.cases.first(where: { $0.failure != nil }), let failure = failed.failure {
      let count = report.cases.count { $0.failure != nil }
      throw CommandFailure(
        "\(count) of \(report.cases.count) cases could not be measured; the first: \(failure)",
        status: .refused
      )
    }
    guard let tolerance, let comparison else { return }
    let regressions = comparison.regressions(beyond: tolerance)
    guard let worst = regressions.max(by: { $0.ratio.ratio < $1.ratio.ratio }) else { return }
    throw CommandFailure(
      "\(regressions.count) medians grew by more than \(FixedPoint.text(tolerance, decimals: 1)) %; "
        + "the worst: \(worst.benchCase), \(worst.phase.rawValue), ratio "
        + FixedPoint.text(worst.ratio.ratio, decimals: 3),
      status: .doesNotHold
    )
  }
}
