import Benchmarking
import Documents
import Measurement
import Tracing

extension BenchStages {
  /// Registering and deregistering, each if it was traced; `untraced` has what both take without a trace.
  static func all(of traced: StageSamples, beside untraced: BenchSamples) -> [BenchStages] {
    [
      BenchStages(
        .register,
        traced.register,
        traced.samples.register,
        beside: untraced.register,
        lost: traced.lost
      ),
      BenchStages(
        .deregister,
        traced.deregister,
        traced.samples.deregister,
        beside: untraced.deregister,
        lost: traced.lost
      ),
    ]
    .compactMap { $0 }
  }

  private init?(
    _ phase: BenchReport.Phase.Name,
    _ calls: [StageSamples.Parts],
    _ samples: [UInt64],
    beside untraced: [UInt64],
    lost: UInt64
  ) {
    guard !calls.isEmpty, !samples.isEmpty else { return nil }
    let parts = StageSamples.typical(calls)
    let ratio = MedianRatio(of: samples, to: untraced)
    self.init(
      phase: Word(phase),
      calls: calls.count,
      lostCalls: lost,
      tracedP50Ns: UInt64(Median.of(samples).rounded()),
      tracedRatioPpm: ratio.map { Ratio($0.ratio) },
      tracedRatioLowPpm: ratio.map { Ratio($0.lower) },
      tracedRatioHighPpm: ratio.map { Ratio($0.upper) },
      kernelNs: parts.reduce(0, +),
      partsNs: Dictionary(uniqueKeysWithValues: zip(BenchStages.partNames, parts))
    )
  }
}
