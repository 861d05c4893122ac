import ArgumentParser
import Coherence
import Documents
import LinuxSystem
import Verbs

/// `memreg coherence`: shows by moving bytes what a device sees after the memory has changed.
struct CoherenceCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "coherence",
    abstract: "Show what the device sees after the memory has changed, by moving bytes.",
    discussion: """
      Every cell of the matrix is one operation on memory of one kind that is registered in one way. \
      It is staged in a process of its own: RDMA READ and RDMA WRITE over a loopback connection are \
      compared with what the CPU reads. Nothing is decided by time.

      coherent: both see the same. stale: the device reads bytes that the CPU does not see. diverged: \
      it also writes where the CPU does not look. error: a request ended with that status. failed: \
      the device read wrong bytes before the operation. refused: the kernel does not register such \
      memory, or the cache has nothing to lend. Each verdict is compared with what is known of the \
      kernel; a cell that differs is unexplained, and the exit status is 1.

      Files need root, to mount a file system of their own, and ksm-merge, to have ksmd run for a moment. \
      The hugetlb column needs 4 free huge pages of 2 MiB.
      """
  )

  @OptionGroup var device: DeviceOptions

  @Option(
    help: ArgumentHelp("Only these operations, joined by commas.", valueName: "names"),
    completion: ValueCompletion.list(of: CoherenceOperation.allCases.map(\.rawValue))
  )
  var operation: String?

  @Option(
    help: ArgumentHelp(
      "Only pinned, odp, window or cache, joined by commas.",
      valueName: "names"
    ),
    completion: ValueCompletion.list(of: CoherenceRegistration.allCases.map(\.rawValue))
  )
  var registration: String?

  @Option(
    help: ArgumentHelp(
      "Only anonymous, thp, hugetlb, memfd or file, joined by commas.",
      valueName: "names"
    ),
    completion: ValueCompletion.list(of: CoherenceMemory.allCases.map(\.rawValue))
  )
  var memory: String?

  @Option(
    help: ArgumentHelp(
      "Show the bytes, the page frames and the kernel's reason of one cell, such as "
        + "madv-dontneed/pinned/anonymous.",
      valueName: "cell"
    )
  )
  var explain: String?

  @OptionGroup var output: OutputOptions

  @Flag(help: "Print Markdown tables.")
  var markdown = false

  func execute() throws {
    guard !(output.json && markdown) else {
      throw CommandFailure("give --json or --markdown, not both", status: .usage)
    }
    let cells = try selectedCells()
    let device = try device.open().device
    let name = device.name
    Interruption.watch()
    StagedChanges.restore()
    defer { StagedChanges.restore() }
    let run = CoherenceRun(device: name)
    var report = CoherenceReport(device: name, kernel: Machine.kernelRelease)
    for cell in cells where !Interruption.isRequested {
      if StandardError.isTerminal { StandardError.draw("\r\u{1B}[K\(cell.name)") }
      // The process of a cell holds the device and is killed when that is being removed.
      let result = try run.run(cell, isInterrupted: { Interruption.isRequested(on: [device]) })
      if let result { report.append(result, on: .running) }
    }
    if StandardError.isTerminal { StandardError.draw("\r\u{1B}[K") }
    try write(report)
    if Interruption.isRequested { throw Interruption.end("the matrix is partial") }
    guard report.unexplained.isEmpty else { throw ExitCode(ExitStatus.doesNotHold.rawValue) }
  }

  private func write(_ report: CoherenceReport) throws {
    if output.json {
      StandardOutput.write(try JSONDocument.text(report))
    } else if explain != nil {
      StandardOutput.write(report.explanation)
    } else if markdown {
      StandardOutput.write(report.markdown)
    } else {
      StandardOutput.write(report.text)
    }
  }

  private func selectedCells() throws -> [CoherenceCell] {
    if let explain {
      guard let cell = CoherenceCell(name: explain) else {
        throw CommandFailure(
          "'\(explain)' is no cell; write OPERATION/REGISTRATION/MEMORY, such as "
            + "madv-dontneed/pinned/anonymous",
          status: .usage
        )
      }
      return [cell]
    }
    let operations = try chosen(operation, CoherenceOperation.allCases, "operation")
    let registrations = try chosen(registration, CoherenceRegistration.allCases, "registration")
    let memories = try chosen(memory, CoherenceMemory.allCases, "memory")
    return CoherenceCell.all.filter {
      operations.contains($0.operation) && registrations.contains($0.registration)
        && memories.contains($0.memory)
    }
  }

  private func chosen<Value: RawRepresentable<String>>(
    _ names: String?,
    _ all: [Value],
    _ what: String
  ) throws -> [Value] {
    guard let names else { return all }
    return try names.split(separator: ",", omittingEmptySubsequences: false)
      .map { name in
        guard let value = all.first(where: { $0.rawValue == name }) else {
          let known = all.map(\.rawValue).joined(separator: ", ")
          throw CommandFailure("'\(name)' is no \(what); there is \(known)", status: .usage)
        }
        return value
      }
  }
}
