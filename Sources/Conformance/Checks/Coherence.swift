import HostMemory
import Verbs

extension Catalogue {
  /// The matrix of `memreg coherence`, a check for each operation over all registrations and kinds of memory.
  static let coherence: [Check] = CoherenceOperation.allCases.map { operation in
    Check(
      "coherence.\(operation.rawValue)",
      "Device and CPU see what is known of the kernel after this: \(operation.summary).",
      // Cells take huge pages, forks and ksmd, which others would notice.
      scope: .system,
      timeLimitSeconds: 300,
      isLong: true
    ) { context in
      // The cells stay whole, or they would find their device unfit; what is broken is their verdict.
      Sabotage.active = nil
      let run = CoherenceRun(device: context.deviceName)
      var skipped: [String] = []
      for cell in CoherenceCell.all where cell.operation == operation {
        guard let result = try run.run(cell) else { return }
        switch result.verdict {
        case .notApplicable: continue
        case .skipped: skipped.append(result.reason)
        default:
          let expected = CoherenceExpectation.of(cell, on: .running)?.verdict
          try context.require(
            cell.name,
            context.seen(result.verdict) == expected,
            expected: expected?.description ?? "a verdict that is explained",
            observed: "\(context.seen(result.verdict)) \(result.reason)"
          )
        }
      }
      if context.comparisons <= 1 {
        throw Skip(skipped.first ?? "no kind of memory has this operation")
      }
    }
  }
}
