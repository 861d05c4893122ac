import ArgumentParser
import Benchmarking
import Diagnosis
import Documents
import LinuxSystem
import MemoryRegistration
import Verbs

/// `memreg cache`: what a registration cache would do for a program.
struct CacheCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "Replay a registration trace with and without a registration cache.",
    discussion: """
      Replays what `memreg record` wrote, or a generated trace, in real memory and with real \
      registrations, three times under each policy in turn, more often if that takes less than 2 s and \
      may tell policies apart: by the device that is there, by io_uring where there is none.

      none: registered for each use. cache: kept by the registration cache; cache:64 within 64 regions, \
      cache:64M within 64 MiB. odp: registered on demand for each use, which pins nothing. copy: copied \
      through a buffer that stays registered. The one with the least time wins; within 5 % the one that \
      pins less. None wins if the 95 % intervals of the times do not bear it out: how many uses would be \
      enough is estimated.

      ring: buffers in turn. random: buffers at random. heap: pieces of any size of a heap that grows \
      and shrinks. mpi: small buffers of a pool and large messages that are freed at times.
      """
  )

  @Argument(
    help: ArgumentHelp("A trace of `memreg record`; - for standard input.", valueName: "file"),
    completion: .file()
  )
  var trace: String?

  @Option(help: ArgumentHelp("Generate one: ring, random, heap or mpi.", valueName: "pattern"))
  var pattern: TracePattern?

  @Option(help: "Uses of a generated trace.")
  var uses = 20_000

  @Option(help: "Buffers of a generated trace.")
  var buffers = 256

  @Option(
    parsing: .unconditional,
    help: "Bytes of a generated trace's buffers. (default: 64KiB)",
    transform: SizeArgument.positive
  )
  var size = ByteSize(bytes: 64 << 10)

  @Option(help: "The seed of a generated trace.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Policies joined by commas: \(ReplayPolicy.all).",
      valueName: "list"
    ),
    completion: ValueCompletion.policies
  )
  var policy: String?

  @Option(help: ArgumentHelp("verbs or io_uring.", valueName: "strategy"))
  var strategy: PinningStrategy?

  @OptionGroup var device: DeviceOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (trace == nil) != (pattern == nil) else {
      throw ValidationError("give a trace or --pattern, the one or the other")
    }
    guard (1...10_000_000).contains(uses) else {
      throw ValidationError("--uses is from 1 to 10000000")
    }
    guard (1...1_000_000).contains(buffers) else {
      throw ValidationError("--buffers is from 1 to 1000000")
    }
    guard size.bytes <= 1 << 30 else { throw ValidationError("--size is at most 1 GiB") }
  }

  private static let leastRounds = 3
  // A short trace is replayed more often where that may tell policies apart, for so many nanoseconds.
  private static let mostRounds = 15
  private static let longest: UInt64 = 2_000_000_000

  func execute() throws {
    let wanted = try policy.map(CacheCommand.policies)
    let trace = try readOrGenerate()
    let strategies = try ReplayStrategies(strategy, device)
    let policies = wanted ?? CacheCommand.standard(strategies)
    if policies.contains(.odp), !strategies.hasOnDemand {
      throw CommandFailure(
        "\(strategies.device?.name ?? "io_uring") has no on-demand paging; leave odp out of --policy",
        status: .unavailable
      )
    }
    let replay = try CacheCommand.replay(trace, strategies)
    let watch = try Interruption.watch(strategies.context)
    let progress = ProgressLine()
    var runs = [[CacheReplay.Run]](repeating: [], count: policies.count)
    var report: ReplayReport
    let start = MonotonicClock.now
    repeat {
      for (index, policy) in policies.enumerated() where !Interruption.isRequested {
        let most = max(CacheCommand.leastRounds, runs[index].count + 1)
        let done = Double(runs[index].count * policies.count + index)
        progress.show(done / Double(most * policies.count), policy.name)
        guard let replay else { break }
        let run = try CacheCommand.run(replay, policy)
        // One that was broken off is no measure of anything.
        if !Interruption.isRequested(on: [strategies.device]) { runs[index].append(run) }
      }
      report = ReplayReport(
        trace: name,
        trace,
        touchedBytes: replay?.touchedBytes ?? 0,
        strategies,
        rounds: runs.map(\.count).max() ?? 0,
        interrupted: Interruption.isRequested
      )
      for (policy, runs) in zip(policies, runs) { report.append(policy, runs) }
      report.judge(runs.filter { !$0.isEmpty }.map { $0.map(\.nanoseconds) })
    } while CacheCommand.goesOn(after: report, since: start)
    progress.clear()
    withExtendedLifetime(watch) {}
    try output.write(report, text: report.text)
    if Interruption.isRequested { throw Interruption.end("the result is partial") }
    if report.winner == nil && report.undecided == nil {
      throw ExitCode(ExitStatus.doesNotHold.rawValue)
    }
  }

  private static func goesOn(after report: ReplayReport, since start: UInt64) -> Bool {
    guard !report.interrupted, report.rounds < mostRounds else { return false }
    return report.rounds < leastRounds
      || report.undecided != nil && MonotonicClock.now - start < longest
  }

  // None where a signal comes before it is made.
  private static func replay(
    _ trace: Trace,
    _ strategies: ReplayStrategies
  ) throws -> CacheReplay? {
    guard !Interruption.isRequested else { return nil }
    do {
      return try CacheReplay(trace, strategies) { Explainer().message(for: $0) }
    } catch let error as SystemError where error.code == .EINTR {
      return nil
    } catch {
      throw CommandFailure(wrapping: error)
    }
  }

  private static func run(
    _ replay: CacheReplay,
    _ policy: ReplayPolicy
  ) throws(CommandFailure) -> CacheReplay.Run {
    do {
      return try replay.run(policy)
    } catch {
      throw CommandFailure(wrapping: error)
    }
  }

  private var name: String {
    trace ?? "\(pattern?.rawValue ?? "") (\(buffers) buffers, \(size), seed \(seed))"
  }

  private func readOrGenerate() throws -> Trace {
    // A signal ends the reading, which may wait for another program, and the process at once.
    if let trace { return try RecordedTrace.reading(trace) }
    Interruption.watch()
    var scale = TracePattern.Scale()
    scale.uses = uses
    scale.buffers = UInt64(buffers)
    scale.size = size.bytes
    scale.seed = seed
    return (pattern ?? .ring).trace(scale)
  }

  // What copying costs is no figure of the machine where instructions are emulated.
  private static func standard(_ strategies: ReplayStrategies) -> [ReplayPolicy] {
    [.none, .cache(regions: nil, bytes: nil), .cache(regions: 64, bytes: nil)]
      + (strategies.hasOnDemand ? [.odp] : []) + (Machine.isEmulated ? [] : [.copy])
  }

  private static func policies(_ list: String) throws -> [ReplayPolicy] {
    try list.split(separator: ",", omittingEmptySubsequences: false)
      .map { name in
        guard let policy = ReplayPolicy(name) else {
          throw CommandFailure(
            "'\(name)' is no policy; there is \(ReplayPolicy.all)",
            status: .usage
          )
        }
        return policy
      }
  }
}
