/// What each policy of `memreg cache` made of a trace.
package struct ReplayReport: Codable, Equatable, Sendable {
  /// What one policy came to.
  package struct Policy: Codable, Equatable, Sendable {
    @Field package var policy: String
    /// The median of the rounds.
    @Field package var elapsedNs: UInt64
    /// The fastest and the slowest round.
    @Field package var fastestNs: UInt64?
    @Field package var slowestNs: UInt64?
    @Field package var nsPerUse: UInt64
    @Field package var registrations: UInt64
    @Field package var hits: UInt64
    /// Absent for policies without a cache.
    @Field package var hitsPerMille: Ratio<PerMille>?
    @Field package var evictions: UInt64
    @Field package var invalidations: UInt64
    @Field package var uncached: UInt64
    @Field package var failures: Int
    @Field package var firstFailure: String?
    @Field package var pinnedPeakBytes: UInt64
    /// Read at equal distances in the trace.
    @Field package var pinnedBytes: [UInt64]

    package init(
      policy: String,
      elapsedNs: UInt64,
      fastestNs: UInt64? = nil,
      slowestNs: UInt64? = nil,
      nsPerUse: UInt64,
      registrations: UInt64,
      hits: UInt64,
      hitsPerMille: Ratio<PerMille>?,
      evictions: UInt64,
      invalidations: UInt64,
      uncached: UInt64,
      failures: Int,
      firstFailure: String?,
      pinnedPeakBytes: UInt64,
      pinnedBytes: [UInt64]
    ) {
      (self.policy, self.elapsedNs, self.nsPerUse) = (policy, elapsedNs, nsPerUse)
      (self.fastestNs, self.slowestNs) = (fastestNs, slowestNs)
      (self.registrations, self.hits, self.hitsPerMille) = (registrations, hits, hitsPerMille)
      (self.evictions, self.invalidations, self.uncached) = (evictions, invalidations, uncached)
      (self.failures, self.firstFailure) = (failures, firstFailure)
      (self.pinnedPeakBytes, self.pinnedBytes) = (pinnedPeakBytes, pinnedBytes)
    }
  }

  @Field package var schema: String
  @Field package var trace: String
  @Field package var kernel: String
  @Field package var emulated: Bool
  /// Absent with io_uring.
  @Field package var device: String?
  @Field package var strategy: String
  @Field package var uses: Int
  @Field package var steps: Int
  @Field package var skippedEvents: Int
  @Field package var touchedBytes: UInt64
  @Field package var rounds: Int
  @Field package var interrupted: Bool
  @Field package var policies: [Policy]
  /// The policy with the least time among those that served every use; absent if the times do not bear it out.
  @Field package var winner: String?
  /// The policies that cannot be told apart, the most likely winner first; absent if there is a winner.
  @Field package var undecided: [String]?
  /// In how many uses, by an estimate, they could be; absent if their times differ too little for any.
  @Field package var enoughUses: Int?

  package init(
    schema: String = "memreg.cache/1",
    trace: String,
    kernel: String,
    emulated: Bool,
    device: String?,
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
    (self.schema, self.trace, self.kernel, self.emulated) = (schema, trace, kernel, emulated)
    (self.device, self.strategy, self.uses, self.steps) = (device, strategy, uses, steps)
    (self.skippedEvents, self.touchedBytes, self.rounds) = (skippedEvents, touchedBytes, rounds)
    (self.interrupted, self.policies, self.winner) = (interrupted, policies, winner)
  }
}
