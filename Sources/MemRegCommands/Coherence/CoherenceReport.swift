import Coherence
import LinuxSystem

/// The matrix as it came out, compared with what is known of the kernel.
struct CoherenceReport: Encodable {
  struct Cell: Encodable {
    let operation: String
    let registration: String
    let memory: String
    /// coherent, stale, diverged, error, failed, refused, not_applicable or skipped.
    let verdict: String
    /// The completion status or errno of an error or a refusal.
    let status: String?
    let expected: String?
    let expectedStatus: String?
    let kernel: String
    let read: String?
    let write: String?
    let outcome: String?
    let access: String?
    let reason: String?
    let evidence: [String]
  }

  var schema = "memreg.coherence/1"
  let device: String
  let kernel: String
  private(set) var cells: [Cell] = []
  /// The names of the cells whose verdict is not the expected one.
  private(set) var unexplained: [String] = []
  /// How many cells came to each verdict.
  private(set) var counts: [String: Int] = [:]

  init(device: String, kernel: String) {
    self.device = device
    self.kernel = kernel
  }

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
