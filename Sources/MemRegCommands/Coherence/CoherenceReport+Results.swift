import Coherence
import Documents
import LinuxSystem

extension CoherenceReport {
  mutating func append(_ result: CoherenceResult, on release: KernelRelease) {
    let verdict = result.verdict
    let isStaged = verdict != .notApplicable && verdict != .skipped
    let isJudged = isStaged && verdict != .failed
    let expectation = isStaged ? CoherenceExpectation.of(result.cell, on: release) : nil
    cells.append(
      Cell(
        operation: result.cell.operation.rawValue,
        registration: result.cell.registration.rawValue,
        memory: result.cell.memory.rawValue,
        verdict: verdict.word,
        status: verdict.status,
        expected: expectation?.verdict.word,
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
    counts[verdict.word, default: 0] += 1
    if isStaged, expectation?.verdict != verdict {
      unexplained.append(result.cell.name)
    }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
