import Diagnosis
import Documents
import HostMemory
import LinuxSystem
import MemoryRegistration
import Report
import Tracing
import Verbs

extension ExplainReport {
  init(_ attempt: RegistrationAttempt, device: String?, verdict: String) {
    self.init(
      address: attempt.range.start,
      lengthBytes: attempt.range.length,
      pages: attempt.range.pages,
      access: attempt.access.description,
      strategy: attempt.strategy.rawValue,
      device: device,
      verdict: verdict
    )
  }

  /// Takes over what the explanation says.
  mutating func add(_ explanation: FailureExplanation, code: Errno) {
    errno = code.name
    cause = explanation.cause.rawValue
    verdict = explanation.verdict
    setBy = explanation.setBy
    evidence = explanation.evidence
    remedy = explanation.remedy
  }
}

extension ExplainReport {
  /// Adds where in the kernel the registration failed, if that was traced.
  mutating func add(_ record: TraceRecord?) {
    guard let record, let failure = record.failure, let code = record.errno else { return }
    failedStage = failure.stage?.name ?? Part.uverbs.name
    stageCause = failure.cause.rawValue
    evidence.append(
      "traced in the kernel: \(code.name) in \(failedStage ?? "") after "
        + "\(DurationText.text(nanoseconds: Double(record.nanoseconds))): \(failure.cause.text)"
    )
  }
}

extension ExplainReport.Memory {
  init(_ inspection: MemoryInspection) {
    self.init(
      mappings: inspection.areas.map {
        ExplainReport.Mapping(label: $0.label, pageBytes: $0.usage?.pageSize ?? 0)
      },
      fileSystem: inspection.file?.type,
      residentBytes: inspection.residentBytes,
      transparentHugeBytes: inspection.transparentHugeBytes,
      nodeBytes: Dictionary(uniqueKeysWithValues: inspection.nodes.map { ("\($0.key)", $0.value) })
    )
  }
}
