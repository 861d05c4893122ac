import Benchmarking
package import MemoryRegistration

extension BenchReport.Case {
  /// The case's series, as text.
  package var seriesName: String {
    SeriesName.text(
      strategy: strategy.rawValue,
      memory: memory,
      pages: pages.rawValue,
      threads: UInt64(clamping: threads),
      resident: UInt64(clamping: resident)
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
      strategy: strategy.rawValue,
      memory: memory,
      pages: pages.rawValue,
      threads: UInt64(clamping: threads),
      resident: UInt64(clamping: resident)
    )
  }
}

extension StrategyKind: Codable {}
