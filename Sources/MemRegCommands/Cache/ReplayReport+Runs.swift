import Benchmarking
import Documents
import LinuxSystem
import MemoryRegistration
import RegistrationCache
import Verbs

extension ReplayReport {
  init(
    trace name: String,
    _ trace: Trace,
    touchedBytes: UInt64,
    _ strategies: ReplayStrategies,
    rounds: Int,
    interrupted: Bool
  ) {
    self.init(
      trace: name,
      kernel: Machine.kernelRelease,
      emulated: Machine.isEmulated,
      device: strategies.device?.name,
      strategy: strategies.kind.rawValue,
      uses: trace.uses,
      steps: trace.steps.count,
      skippedEvents: trace.skipped,
      touchedBytes: touchedBytes,
      rounds: rounds,
      interrupted: interrupted
    )
  }

  /// Adds what the rounds of one policy came to.
  mutating func append(_ policy: ReplayPolicy, _ runs: [CacheReplay.Run]) {
    let sorted = runs.sorted { $0.nanoseconds < $1.nanoseconds }
    guard let last = runs.last else { return }
    let elapsed = sorted[sorted.count / 2].nanoseconds
    let counts = last.statistics
    let requests = counts.hits + counts.misses
    let isCache = if case .cache = policy { true } else { false }
    policies.append(
      Policy(
        policy: policy.name,
        elapsedNs: elapsed,
        fastestNs: sorted.first?.nanoseconds,
        slowestNs: sorted.last?.nanoseconds,
        nsPerUse: elapsed / UInt64(max(1, uses)),
        registrations: counts.misses + counts.retries,
        hits: counts.hits,
        hitsPerMille: isCache && requests > 0
          ? Ratio(parts: Int64(clamping: counts.hits * 1000 / requests)) : nil,
        evictions: counts.evictions,
        invalidations: counts.invalidations,
        uncached: counts.uncached,
        failures: last.failures,
        firstFailure: last.failure,
        pinnedPeakBytes: last.pinned.max() ?? 0,
        pinnedBytes: last.pinned
      )
    )
  }
}
