import Benchmarking
package import MemoryRegistration

extension BenchReport {
  /// The cases of each series, in the order in which the series first appear.
  package var series: [(name: String, cases: [Case])] {
    var order: [String] = []
    var cases: [String: [Case]] = [:]
    for benchCase in self.cases {
      let name = benchCase.seriesName
      if cases[name] == nil { order.append(name) }
      cases[name, default: []].append(benchCase)
    }
    return order.map { ($0, cases[$0] ?? []) }
  }
}

extension BenchReport.Case {
  /// The case's series, as text.
  package var seriesName: String {
    SeriesName.text(
      strategy: $strategy?.rawValue ?? "-",
      memory: $memory ?? "-",
      pages: $pages?.rawValue ?? "-",
      threads: $threads.flatMap { UInt64(exactly: $0) } ?? 1,
      resident: $resident.flatMap { UInt64(exactly: $0) } ?? 0
    )
  }

  /// The times of one kind of operation.
  package func phase(_ name: BenchReport.Phase.Name) -> BenchReport.Phase? {
    phases.first { $0.phase == name }
  }
}

extension BenchReport.Model {
  /// The model's series, as text.
  package var seriesName: String {
    SeriesName.text(
      strategy: $strategy?.rawValue ?? "-",
      memory: $memory ?? "-",
      pages: $pages?.rawValue ?? "-",
      threads: $threads.flatMap { UInt64(exactly: $0) } ?? 1,
      resident: $resident.flatMap { UInt64(exactly: $0) } ?? 0
    )
  }
}

extension StrategyKind: Codable {}
