import Benchmarking
import Documents
import HostMemory
import LinuxSystem
import Measurement

extension BenchReport.Case {
  /// Timer ticks are four milliseconds at the longest usual; fewer than ten of them tell no share.
  private static let leastAccountedTime: UInt64 = 40_000_000

  /// Summarises what was measured; `clock` is one reading in nanoseconds.
  init(_ measurement: BenchMeasurement, clock: Double) {
    let benchCase = measurement.benchCase
    let samples = measurement.samples
    let pages = benchCase.basePages
    let usage = measurement.usage
    let time = usage.user + usage.system
    let kernelShare = time >= Self.leastAccountedTime ? Double(usage.system) / Double(time) : nil
    let named: [(BenchReport.Phase.Name, [UInt64])] = [
      (.register, samples.register), (.deregister, samples.deregister), (.pair, samples.pair),
      (.copy, samples.copy),
    ]
    let phases = named.compactMap { name, samples in
      BenchReport.Phase(name, samples, pages: pages, bytes: benchCase.length)
    }
    let single = phases.filter { $0.phase != .pair }.reduce(0.0) { $0 + Double($1.p50Ns) }
    let share =
      single > 0
      ? BatchSize.clockPercent(
        clock: clock,
        readings: measurement.readings,
        total: single * Double(measurement.batch)
      ) : nil
    let warnings = Self.warnings(measurement, clockPercent: share)
    self.init(
      strategy: Word(benchCase.strategy),
      memory: benchCase.memory.name,
      pages: Word(benchCase.pages),
      threads: benchCase.threads,
      resident: benchCase.resident,
      sizeBytes: benchCase.length,
      batch: measurement.batch,
      pairBatch: measurement.pairs,
      expectedPages: measurement.expectedPages,
      chargedPages: measurement.chargedPages,
      clockSharePpm: share.map { Ratio($0 / 100) },
      userNs: usage.user,
      systemNs: usage.system,
      kernelSharePercent: kernelShare.map { Ratio($0) },
      minorFaults: usage.minorFaults,
      majorFaults: usage.majorFaults,
      phases: phases,
      warnings: warnings,
      stages: measurement.stages.map { BenchStages.all(of: $0, beside: samples) },
      failure: measurement.failure
    )
  }

  private static func warnings(
    _ measurement: BenchMeasurement,
    clockPercent: Double?
  ) -> [BenchReport.Warning] {
    let samples = measurement.samples
    var warnings: [BenchReport.Warning] = []
    for (name, samples) in [("register", samples.register), ("copy", samples.copy)]
    where !samples.isEmpty {
      warnings += MeasurementWarning.judging(samples)
        .map { BenchReport.Warning(kind: $0.kind, text: "\(name): \($0)") }
    }
    if let clockPercent, clockPercent > BatchSize.largestClockPercent * 1.2 {
      let warning = MeasurementWarning.clock(percent: clockPercent)
      warnings.append(BenchReport.Warning(kind: warning.kind, text: "\(warning)"))
    }
    if let charged = measurement.chargedPages, let expected = measurement.expectedPages,
      charged != expected
    {
      let text =
        "the kernel charged \(charged) pages where \(expected) were expected: another user of "
        + "pinned memory in this process, or a kernel that counts otherwise"
      warnings.append(BenchReport.Warning(kind: "charge", text: text))
    }
    if measurement.residualPages > 0 {
      let text = "\(measurement.residualPages) pages stayed charged after the release"
      warnings.append(BenchReport.Warning(kind: "residual", text: text))
    }
    return warnings
  }
}

extension BenchReport.Phase {
  /// Summarises `samples`, or is `nil` when there are none.
  init?(_ name: Name, _ samples: [UInt64], pages: UInt64, bytes: UInt64) {
    guard let summary = LatencySummary(of: samples) else { return nil }
    self.init(
      phase: Word(name),
      samples: summary.count,
      minNs: summary.min,
      p50Ns: summary.median,
      p90Ns: summary.p90,
      p99Ns: summary.p99,
      p999Ns: summary.p999,
      maxNs: summary.max,
      meanNs: UInt64(summary.mean.rounded()),
      perPagePs: UInt64((Double(summary.median) * 1000 / Double(max(1, pages))).rounded()),
      bytesPerSecond: summary.median == 0
        ? 0 : UInt64((Double(bytes) * 1e9 / Double(summary.median)).rounded()),
      samplesNs: samples
    )
  }
}
