import Tracing

/// What one kind of operation of a case spends its time on in the kernel, traced in the same run as it was timed.
package struct BenchStages: Codable, Equatable, Sendable {
  @Field package var phase: Word<BenchReport.Phase.Name>
  /// Calls that were traced.
  @Field package var calls: Int
  /// Calls of this case that the trace has lost, registering and deregistering: at most so many.
  @Field package var lostCalls: UInt64
  /// The median of the operation while it is traced.
  @Field package var tracedP50Ns: UInt64
  /// That median by the one without a trace, and its 95 % interval; absent if there is none.
  @Field package var tracedRatioPpm: Ratio<PerMillion>?
  @Field package var tracedRatioLowPpm: Ratio<PerMillion>?
  @Field package var tracedRatioHighPpm: Ratio<PerMillion>?
  /// The whole of a typical call in the kernel: the sum of its parts.
  @Field package var kernelNs: UInt64
  /// The parts by name: of each the mean of those calls whose time lies between the quartiles.
  @Field package var partsNs: [String: UInt64]

  package init(
    phase: Word<BenchReport.Phase.Name>,
    calls: Int,
    lostCalls: UInt64,
    tracedP50Ns: UInt64,
    tracedRatioPpm: Ratio<PerMillion>?,
    tracedRatioLowPpm: Ratio<PerMillion>?,
    tracedRatioHighPpm: Ratio<PerMillion>?,
    kernelNs: UInt64,
    partsNs: [String: UInt64]
  ) {
    (self.phase, self.calls, self.lostCalls) = (phase, calls, lostCalls)
    (self.tracedP50Ns, self.tracedRatioPpm) = (tracedP50Ns, tracedRatioPpm)
    self.tracedRatioLowPpm = tracedRatioLowPpm
    self.tracedRatioHighPpm = tracedRatioHighPpm
    (self.kernelNs, self.partsNs) = (kernelNs, partsNs)
  }

  /// The names of the parts, in the order in which they are shown.
  package static let partNames = Part.allCases.map(\.name)

  /// What the caller waits besides the traced function: its library, and the system call.
  package var outsideNs: UInt64 { tracedP50Ns - min(tracedP50Ns, kernelNs) }
}
