import Benchmarking
import Documents
import HostMemory
import MemoryRegistration

extension BenchCase: CustomStringConvertible {
  /// "verbs, anonymous, populated, 64 KiB"; threads and residents where they are not the usual 1 and 0.
  package var description: String {
    length == 0 ? seriesName : "\(seriesName), \(ByteSize.text(length))"
  }

  private var seriesName: String {
    SeriesName.text(
      strategy: strategy.rawValue,
      memory: memory.name,
      pages: pages.rawValue,
      threads: UInt64(clamping: threads),
      resident: UInt64(clamping: resident)
    )
  }
}
