import Benchmarking
import Diagnosis
import Documents
import Measurement
import Report

extension BenchReport.Access {
  /// Summarizes the samples of one state; `reference` is the median of a pinned page.
  init(_ state: AccessBench.State, _ summary: LatencySummary, reference: UInt64) {
    self.init(
      state: state,
      samples: summary.count,
      minNs: summary.min,
      p50Ns: summary.median,
      p90Ns: summary.p90,
      p99Ns: summary.p99,
      maxNs: summary.max,
      pinnedRatioPpm: reference == 0 ? 0 : Ratio(Double(summary.median) / Double(reference))
    )
  }

  /// The states that `samples` has, in their order.
  static func all(of samples: [AccessBench.State: [UInt64]]) -> [BenchReport.Access] {
    let reference = samples[.pinned].flatMap { LatencySummary(of: $0) }?.median ?? 0
    return AccessBench.State.allCases.compactMap { state in
      samples[state].flatMap { LatencySummary(of: $0) }
        .map { BenchReport.Access(state, $0, reference: reference) }
    }
  }
}

extension BenchReport {
  /// The table of what the device needs for one page, `nil` where it was not measured.
  var accessText: String? {
    guard let deviceAccess, !deviceAccess.isEmpty else { return nil }
    var table = TextTable([
      ("page", .left), ("samples", .right), ("min", .right), ("p50", .right), ("p90", .right),
      ("p99", .right), ("max", .right), ("of pinned", .right),
    ])
    for access in deviceAccess {
      let times = [access.minNs, access.p50Ns, access.p90Ns, access.p99Ns, access.maxNs]
      table.append(
        [access.state.rawValue, "\(access.samples)"]
          + times.map { DurationText.text(nanoseconds: Double($0)) }
          + [FixedPoint.text(access.pinnedRatioPpm.value, decimals: 2)]
      )
    }
    let title = "device access: RDMA WRITE of \(AccessBench.bytes) B to the start of a page"
    let warning = onDemandPlacement?.warning.map { "  warning on-demand: \($0)\n" } ?? ""
    return title + "\n" + table.text + warning
  }
}
