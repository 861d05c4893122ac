import ArgumentParser
import Documents
import Fixtures
import Fuzzing
import LinuxSystem
import Verbs

/// `memreg fuzz`: random registrations against a model of the kernel's account.
struct FuzzCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "Compare the kernel's account of pinned memory with a model, step by random step.",
    discussion: """
      Maps, unmaps, protects and moves memory, registers and deregisters it, changes limit and \
      capability, forks; after each step VmPin and errno must be those of the model. A divergence is \
      shortened to the fewest steps that still show it and printed as a script, which --replay runs.

      Exits 1 when kernel and model diverge.
      """
  )

  @Option(help: "Steps to take; 100,000 unless --duration is given.")
  var ops: Int?

  @Option(help: ArgumentHelp("Stop after this many seconds.", valueName: "seconds"))
  var duration: UInt64?

  @Option(help: "The seed of the steps.")
  var seed: UInt64 = 1

  @Option(help: "Threads that register at once, each in memory of its own.")
  var threads = 1

  @Option(
    help: ArgumentHelp(
      "Run the steps of a script instead; - for standard input.",
      valueName: "file"
    ),
    completion: .file()
  )
  var replay: String?

  @Flag(
    help: "Give the model wrong beliefs and show that each is found and the way there shortened."
  )
  var selfTest = false

  @OptionGroup var device: DeviceOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...64).contains(threads) else { throw ValidationError("--threads is from 1 to 64") }
    guard ops.map({ $0 > 0 }) ?? true else { throw ValidationError("--ops is at least 1") }
    guard duration.map({ (1...1_000_000).contains($0) }) ?? true else {
      throw ValidationError("--duration is from 1 to 1000000 seconds")
    }
    guard !selfTest || (!output.json && replay == nil && threads == 1) else {
      throw ValidationError("--self-test takes neither --json, --replay nor --threads")
    }
    guard replay == nil || threads == 1 else {
      throw ValidationError("--replay takes its steps one by one; leave out --threads")
    }
  }

  func execute() throws {
    let script = try replay.map(FuzzCommand.read)
    let device = try device.open().device
    let name = device.name
    Interruption.watch()
    let outcome: Fuzzer.Outcome
    do {
      let fuzzer = try Fuzzer(device: name)
      if selfTest {
        return try FuzzSelfTest(device: name, behaviour: fuzzer.behaviour, seed: seed).run()
      }
      outcome = try run(fuzzer, script)
    } catch let error as VerbsError {
      if Interruption.isRequested(on: [device]) { throw Interruption.end("nothing was compared") }
      throw CommandFailure(error, on: name)
    }
    let report = FuzzReport(
      outcome,
      device: name,
      seed: seed,
      threads: threads,
      interrupted: Interruption.isRequested(on: [device])
    )
    try output.write(report, text: report.text)
    if Interruption.isRequested { throw Interruption.end("the result is partial") }
    if !outcome.divergences.isEmpty { throw ExitCode(ExitStatus.doesNotHold.rawValue) }
  }

  private func run(_ fuzzer: Fuzzer, _ script: FuzzScript?) throws -> Fuzzer.Outcome {
    if let script { return try fuzzer.replay(script) }
    let operations = ops ?? (duration == nil ? 100_000 : nil)
    let nanoseconds = duration.map { $0 * 1_000_000_000 }
    guard threads > 1 else {
      return try fuzzer.run(
        seed: seed,
        operations: operations,
        nanoseconds: nanoseconds,
        isInterrupted: { Interruption.isRequested }
      )
    }
    return try fuzzer.run(
      seed: seed,
      operations: operations,
      nanoseconds: nanoseconds,
      threads: threads,
      isInterrupted: { Interruption.isRequested }
    )
  }

  private static func read(_ path: String) throws -> FuzzScript {
    do {
      return try FuzzScript(parsing: String(decoding: try InputFile.bytes(path), as: UTF8.self))
    } catch let problem as FuzzScript.Problem {
      throw CommandFailure("cannot replay \(path): \(problem)", status: .dataError)
    }
  }
}
