/// What each policy of `memreg cache` made of a trace.
package struct ReplayReport: Codable, Equatable, Sendable {
  /// What one policy came to.
  package struct Policy: Codable, Equatable, Sendable {
    package var policy: String
    /// The median of the rounds.
    package var elapsedNs: UInt64
    package var nsPerUse: UInt64
    package var registrations: UInt64
    package var hits: UInt64
    /// Absent for policies without a cache.
    package var hitsPerMille: UInt64?
    package var evictions: UInt64
    package var invalidations: UInt64
    package var uncached: UInt64
    package var failures: Int
    package var firstFailure: String?
    package var pinnedPeakBytes: UInt64
    /// Read at equal distances in the trace.
    package var pinnedBytes: [UInt64]

    package init(
      policy: String,
      elapsedNs: UInt64,
      nsPerUse: UInt64,
      registrations: UInt64,
      hits: UInt64,
      hitsPerMille: UInt64? = nil,
      evictions: UInt64,
      invalidations: UInt64,
      uncached: UInt64,
      failures: Int,
      firstFailure: String? = nil,
      pinnedPeakBytes: UInt64,
      pinnedBytes: [UInt64]
    ) {
      self.policy = policy
      self.elapsedNs = elapsedNs
      self.nsPerUse = nsPerUse
      self.registrations = registrations
      self.hits = hits
      self.hitsPerMille = hitsPerMille
      self.evictions = evictions
      self.invalidations = invalidations
      self.uncached = uncached
      self.failures = failures
      self.firstFailure = firstFailure
      self.pinnedPeakBytes = pinnedPeakBytes
      self.pinnedBytes = pinnedBytes
    }
  }

  package var schema: String
  package var trace: String
  package var kernel: String
  package var emulated: Bool
  /// Absent with io_uring.
  package var device: String?
  package var strategy: String
  package var uses: Int
  package var steps: Int
  package var skippedEvents: Int
  package var touchedBytes: UInt64
  package var rounds: Int
  package var interrupted: Bool
  package var policies: [Policy]
  /// The policy with the least time among those that served every use.
  package var winner: String?

  package init(
    schema: String = "memreg.cache/1",
    trace: String,
    kernel: String,
    emulated: Bool,
    device: String? = nil,
    strategy: String,
    uses: Int,
    steps: Int,
    skippedEvents: Int,
    touchedBytes: UInt64,
    rounds: Int,
    interrupted: Bool,
    policies: [Policy] = [],
    winner: String? = nil
  ) {
    self.schema = schema
    self.trace = trace
    self.kernel = kernel
    self.emulated = emulated
    self.device = device
    self.strategy = strategy
    self.uses = uses
    self.steps = steps
    self.skippedEvents = skippedEvents
    self.touchedBytes = touchedBytes
    self.rounds = rounds
    self.interrupted = interrupted
    self.policies = policies
    self.winner = winner
  }
}
