import Documents
import HostMemory
import LinuxSystem
import MemoryRegistration
import Report

extension BenchReport {
  /// The whole result for people: environment, a table for each series, models and a summary.
  var text: String {
    var parts = [environment.text + "access \(access)\n"]
    for (name, cases) in series { parts.append(section(name, cases)) }
    if let accessText { parts.append(accessText) }
    if let summary = summaryText { parts.append(summary) }
    if interrupted { parts.append("Interrupted: what was measured until then is shown.\n") }
    return parts.joined(separator: "\n")
  }

  private func section(_ name: String, _ cases: [Case]) -> String {
    var text = [name].printableLines
    if cases.contains(where: { !$0.phases.isEmpty }) {
      text += BenchReport.table(cases).text
      if let threads = cases.first?.threads, threads > 1 {
        text += "  GiB/s: the sum of \(threads) threads\n"
      }
    }
    if let stages = BenchStages.table(of: cases) { text += stages.text }
    for model in models where model.seriesName == name { text += "  model \(model.text)\n" }
    for benchCase in cases {
      if let failure = benchCase.failure {
        text += ["  not measured \(ByteSize.text(benchCase.sizeBytes)): \(failure)"].printableLines
      }
    }
    return text + BenchReport.warningText(cases)
  }

  /// One line for each kind of warning, however many sizes it is about.
  private static func warningText(_ cases: [Case]) -> String {
    var kinds: [String] = []
    for warning in cases.flatMap(\.warnings) where !kinds.contains(warning.kind) {
      kinds.append(warning.kind)
    }
    return
      kinds.map { kind in
        let concerned = cases.filter { $0.warnings.contains { $0.kind == kind } }
        let first = concerned.first
        let place =
          concerned.count == 1
          ? "at \(ByteSize.text(first?.sizeBytes ?? 0))"
          : "at \(concerned.count) of \(cases.count) sizes, at \(ByteSize.text(first?.sizeBytes ?? 0))"
        let text = first?.warnings.first { $0.kind == kind }?.text ?? ""
        return "  warning \(kind) \(place): \(text)\n"
      }
      .joined()
  }

  private static func table(_ cases: [Case]) -> TextTable {
    let hasTail = cases.contains { $0.phases.contains(where: \.hasTail) }
    var table = TextTable(
      [
        ("size", .right), ("", .left), ("min", .right), ("p50", .right), ("p90", .right),
        ("p99", .right),
      ]
        + (hasTail ? [("p99.9", .right)] : []) + [
          ("max", .right), ("ns/page", .right), ("GiB/s", .right), ("charged", .right),
          ("expected", .right), ("kernel", .right), ("faults", .right), ("clock", .right),
        ],
      leavingOut: [
        "clock", "faults", "kernel", "expected", "max", "min", "p90", "p99.9", "charged",
      ]
    )
    for benchCase in cases {
      for (index, phase) in benchCase.phases.enumerated() {
        let title = index == 0 ? ByteSize.text(benchCase.sizeBytes) : ""
        table.append(
          [title] + phase.cells(hasTail: hasTail, threads: benchCase.threads)
            + (index == 0 ? benchCase.cells : [])
        )
      }
    }
    return table
  }

  private var summaryText: String? {
    var lines: [String] = []
    for factor in factors where factor.phase == .register || factor.phase == .deregister {
      let ratio = FixedPoint.text(factor.ratioPpm.value, decimals: 3)
      lines.append(
        "\(factor.phase.rawValue): a page of \(factor.series) costs \(ratio) of one of \(factor.reference)"
      )
    }
    for crossing in crossovers {
      lines.append(
        crossing.sizeBytes.map {
          "\(crossing.series): registration is cheaper than copying at \(ByteSize.text($0)) and above"
        } ?? "\(crossing.series): copying is cheaper than registration at every size measured"
      )
    }
    if environment.emulated, cases.contains(where: { $0.strategy == .copy }) {
      lines.append("no crossover of copying and registering: memory is emulated here")
    }
    lines.append(
      "VmPin \(ByteSize.pinned(vmPinBeforeBytes)) before, \(ByteSize.pinned(vmPinAfterBytes)) after; "
        + "one clock reading \(FixedPoint.text(Double(clockReadPs) / 1000, decimals: 1)) ns"
    )
    return "Summary\n" + lines.map { "  \($0)\n" }.joined()
  }
}

extension BenchReport.Phase {
  /// Whether the 99.9th percentile is more than the worst sample or two.
  var hasTail: Bool { samples >= 2000 }

  /// GiB a second of all `threads` together.
  func gibibytesPerSecond(threads: Int) -> Double {
    Double(bytesPerSecond) * Double(threads) / 1_073_741_824
  }

  fileprivate func cells(hasTail tail: Bool, threads: Int) -> [String] {
    var times = [minNs, p50Ns, p90Ns, p99Ns].map { DurationText.text(nanoseconds: Double($0)) }
    if tail { times.append(hasTail ? DurationText.text(nanoseconds: Double(p999Ns)) : "-") }
    let rate = gibibytesPerSecond(threads: threads)
    return [phase.rawValue] + times + [
      DurationText.text(nanoseconds: Double(maxNs)),
      FixedPoint.text(Double(perPagePs) / 1000, decimals: perPagePs < 100_000 ? 1 : 0),
      FixedPoint.text(rate, decimals: rate < 10 ? 2 : 1),
    ]
  }
}

extension BenchReport.Case {
  fileprivate var cells: [String] {
    [
      chargedPages.map(String.init) ?? "-",
      expectedPages.map(String.init) ?? "-",
      kernelSharePercent.map { "\($0.parts) %" } ?? "-",
      "\(minorFaults + majorFaults)",
      clockSharePpm.map { "\(FixedPoint.text($0.percent, decimals: 2)) %" } ?? "-",
    ]
  }
}

extension BenchReport.Model {
  /// "register 17.2 µs + 235 ns/page, R² 0.9994".
  var text: String {
    let base = DurationText.text(nanoseconds: Double(baseNs))
    let slope = FixedPoint.text(
      Double(perPagePs) / 1000,
      decimals: abs(perPagePs) < 10_000 ? 3 : abs(perPagePs) < 100_000 ? 1 : 0
    )
    let fit = FixedPoint.text(rSquaredPpm.value, decimals: 4)
    return "\(phase.rawValue) \(base) + \(slope) ns/page, R² \(fit)"
  }
}
