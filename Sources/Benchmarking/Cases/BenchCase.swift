package import HostMemory
package import MemoryRegistration

/// One combination of the benchmark's axes.
package struct BenchCase: Hashable, Sendable {
  package var strategy: StrategyKind
  package var memory: MemoryKind
  package var pages: PageState
  package var threads: Int
  package var resident: Int
  package var length: UInt64

  package init(
    strategy: StrategyKind,
    memory: MemoryKind,
    pages: PageState,
    threads: Int,
    resident: Int,
    length: UInt64
  ) {
    (self.strategy, self.memory, self.pages, self.threads) = (strategy, memory, pages, threads)
    (self.resident, self.length) = (resident, length)
  }

  /// Whether pages are there before registering.
  package enum PageState: String, Codable, Sendable {
    case populated
    case cold
  }

  /// Everything but the size: cases of one series differ in size alone.
  package var series: BenchCase {
    var series = self
    series.length = 0
    return series
  }

  /// Base pages of a region of this size that starts at a page.
  package var basePages: UInt64 { AddressRange(start: 0, length: length).pages }
}
