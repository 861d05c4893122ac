import Coherence
import Fixtures
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// The matrix of `memreg coherence`, a check for each operation over all registrations and kinds of memory.
  static let coherence: [Check] = CoherenceOperation.allCases.map { operation in
    Check(
      "coherence.\(operation.rawValue)",
      "Device and CPU see what is known of the kernel after this: \(operation.summary).",
      // Each operation is tried on files as well.
      needs: [.change(.fileSystem)],
      // Cells take huge pages, forks and ksmd, which others would notice.
      scope: .system,
      timeLimitSeconds: 300,
      isLong: true
    ) { context in
      // What the cache lends has checks of its own.
      try context.stage(
        CoherenceCell.all.filter { $0.operation == operation && $0.registration != .cache }
      )
    }
  }
}

extension CheckContext {
  /// Stages cells and compares their verdicts with what is known of the kernel; skips where none could be staged.
  func stage(_ cells: [CoherenceCell]) throws {
    let run = CoherenceRun(device: deviceName)
    var skipped: [String] = []
    let before = comparisons
    for cell in cells {
      guard let result = try run.run(cell) else { return }
      switch result.verdict {
      case .notApplicable: continue
      case .skipped: skipped.append(result.reason)
      default:
        let expected = CoherenceExpectation.of(cell, on: .running)?.verdict
        try require(
          cell.name,
          result.verdict == expected,
          expected: expected?.description ?? "a verdict that is explained",
          observed: "\(result.verdict) \(result.reason)"
        )
      }
    }
    if comparisons == before {
      throw Skip(skipped.first ?? "no kind of memory has this operation")
    }
  }
}
