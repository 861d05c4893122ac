internal import CRecording
import Diagnosis
import Documents
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// One run of `memreg explain -- COMMAND`: starts the program under the recorder and explains each registration that
/// fails while its process waits.
struct ProgramExplanation {
  private let command: [String]
  private var failures: [ExplainedProgram.Failure] = []

  /// Distinct failures that are kept.
  private static let most = 64

  init(of command: [String]) { self.command = command }

  /// Runs the program to its end.
  mutating func run() throws -> ExplainedProgram {
    let library = try RecorderLibrary.path()
    ForegroundProgram.prepare()
    let directory = try RecordingDirectory(for: command.joined(separator: " "))
    defer { directory.remove() }
    let status = try follow(directory, RecorderLibrary.environment(library, of: directory))
    var program = ExplainedProgram(command: command, status: status, failures: failures)
    try program.count(directory)
    return program
  }

  private mutating func follow(
    _ directory: RecordingDirectory,
    _ environment: [String: String]
  ) throws -> Int32 {
    let witness = try FailureWitness(in: directory.path)
    let program = try ForegroundProgram(
      command,
      environment: environment.merging([RECORDING_WITNESS: witness.path]) { $1 }
    )
    while true {
      witness.take(within: 20) { note($0, of: $1) }
      if let status = try program.statusIfEnded() { return status }
    }
  }

  private mutating func note(_ failure: recording_failure, of pid: Int32) {
    guard let code = Errno(status: failure.code) else { return }
    let report = ExplainReport(failure, code, of: pid)
    let caller = RecordingFile.text(failure.caller)
    let program = RecordingFile.text(failure.program)
    let same = failures.firstIndex {
      $0.program == program && $0.caller == caller && $0.explanation.isAlike(report)
    }
    if let same {
      failures[same].times += 1
    } else if failures.count < ProgramExplanation.most {
      failures.append(
        ExplainedProgram.Failure(
          program: program,
          pid: pid,
          number: failure.number,
          caller: caller.isEmpty ? nil : caller,
          explanation: report
        )
      )
    }
  }
}

extension ExplainReport {
  /// Explains what a process told of its registration, from its limits, groups and mappings alone.
  fileprivate init(_ failure: recording_failure, _ code: Errno, of pid: Int32) {
    let access = AccessFlags(rawValue: failure.access)
    let attempt = RegistrationAttempt(
      AddressRange(start: failure.address, length: failure.length),
      access: access,
      strategy: access.contains(.onDemand) ? .odp : .verbs,
      code: code
    )
    // The name is the program's word, and part of a path.
    let name = RecordingFile.text(failure.device)
    let device = (try? Device.all())?.first { $0.name == name }?.name
    self.init(attempt, device: device, verdict: "")
    registrable = false
    let explainer = Explainer(ofProcess: pid, device: device.map { DeviceTraits(named: $0) })
    add(explainer.explain(attempt), code: code)
  }

  fileprivate func isAlike(_ other: ExplainReport) -> Bool {
    errno == other.errno && cause == other.cause && device == other.device
  }
}

extension ExplainedProgram {
  /// Counts the calls that were recorded.
  fileprivate mutating func count(_ directory: RecordingDirectory) throws {
    let calls = [
      RECORDING_REG_MR, RECORDING_REG_MR_IOVA, RECORDING_REG_MR_IOVA2, RECORDING_REG_DMABUF_MR,
    ]
    for path in directory.files {
      guard let file = try RecordingFile(path) else { continue }
      processes += 1
      while let entry = try file.next() {
        guard calls.contains(where: { $0.rawValue == entry.call }) else { continue }
        registrations += 1
        if entry.phase == RECORDING_DONE.rawValue, entry.result != 0 { failed += 1 }
      }
    }
  }
}
