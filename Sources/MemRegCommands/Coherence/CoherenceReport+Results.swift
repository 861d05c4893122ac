import Coherence
import Documents
import LinuxSystem

extension CoherenceReport {
  mutating func append(_ result: CoherenceResult, on release: KernelRelease) {
    let verdict = result.verdict
    let word = Verdict(verdict)
    let isStaged = verdict != .notApplicable && verdict != .skipped
    let isJudged = isStaged && verdict != .failed
    let expectation = isStaged ? CoherenceExpectation.of(result.cell, on: release) : nil
    cells.append(
      Cell(
        operation: result.cell.operation.rawValue,
        registration: result.cell.registration.rawValue,
        memory: result.cell.memory.rawValue,
        verdict: word,
        status: verdict.status,
        expected: (expectation?.verdict).map { Verdict($0) },
        expectedStatus: expectation?.verdict.status,
        kernel: kernel,
        read: result.read.nonEmpty,
        write: result.write.nonEmpty,
        outcome: result.outcome.nonEmpty,
        access: result.access.nonEmpty,
        reason: isJudged ? expectation?.reason ?? result.reason.nonEmpty : result.reason.nonEmpty,
        evidence: result.evidence
      )
    )
    counts[word.rawValue, default: 0] += 1
    if isStaged, expectation?.verdict != verdict {
      unexplained.append(result.cell.name)
    }
  }
}

extension CoherenceReport.Verdict {
  fileprivate init(_ verdict: CoherenceVerdict) {
    self =
      switch verdict {
      case .coherent: .coherent
      case .stale: .stale
      case .diverged: .diverged
      case .error: .error
      case .failed: .failed
      case .refused: .refused
      case .notApplicable: .notApplicable
      case .skipped: .skipped
      }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
