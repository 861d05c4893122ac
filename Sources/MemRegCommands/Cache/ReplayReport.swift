import Benchmarking
import LinuxSystem
import MemoryRegistration
import RegistrationCache
import Verbs

/// What each policy made of a trace; the JSON document as it stands.
struct ReplayReport: Encodable {
  struct Policy: Encodable {
    let policy: String
    /// The median of the rounds.
    let elapsedNs: UInt64
    let nsPerUse: UInt64
    let registrations: UInt64
    let hits: UInt64
    let hitsPerMille: UInt64?
    let evictions: UInt64
    let invalidations: UInt64
    let uncached: UInt64
    let failures: Int
    let firstFailure: String?
    let pinnedPeakBytes: UInt64
    /// Read at equal distances in the trace.
    let pinnedBytes: [UInt64]
  }

  let schema = "memreg.cache/1"
  let trace: String
  let kernel = Machine.kernelRelease
  let emulated = Machine.isEmulated
  let device: String?
  let strategy: String
  let uses: Int
  let steps: Int
  let skippedEvents: Int
  let touchedBytes: UInt64
  let rounds: Int
  let interrupted: Bool
  private(set) var policies: [Policy] = []
  /// The policy with the least time among those that served every use.
  private(set) var winner: String?

  init(
    trace name: String,
    _ trace: Trace,
    touchedBytes: UInt64,
    _ strategies: ReplayStrategies,
    rounds: Int,
    interrupted: Bool
  ) {
    self.trace = name
    device = strategies.device?.name
    strategy = strategies.kind.rawValue
    uses = trace.uses
    steps = trace.steps.count
    skippedEvents = trace.skipped
    self.touchedBytes = touchedBytes
    self.rounds = rounds
    self.interrupted = interrupted
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
        nsPerUse: elapsed / UInt64(max(1, uses)),
        registrations: counts.misses + counts.retries,
        hits: counts.hits,
        hitsPerMille: isCache && requests > 0 ? counts.hits * 1000 / requests : nil,
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

  /// Chooses the winner: of policies within 5 % of the fastest the one that pins least.
  mutating func judge() {
    let whole = policies.filter { $0.failures == 0 }
    guard let best = whole.map(\.elapsedNs).min() else { return }
    winner =
      whole.filter { $0.elapsedNs * 20 <= best * 21 }
      .min { $0.pinnedPeakBytes < $1.pinnedPeakBytes }?
      .policy
  }
}
