import HostMemory
import MemoryRegistration

/// One combination of the benchmark's axes.
struct BenchCase: Hashable, Sendable {
  var strategy: StrategyKind
  var memory: MemoryKind
  var pages: PageState
  var threads: Int
  var resident: Int
  var length: UInt64

  /// Whether pages are there before registering.
  enum PageState: String, Codable, Sendable {
    case populated
    case cold
  }

  /// Everything but the size: cases of one series differ in size alone.
  var series: BenchCase {
    var series = self
    series.length = 0
    return series
  }

  /// Base pages of a region of this size that starts at a page.
  var basePages: UInt64 { AddressRange(start: 0, length: length).pages }
}

extension BenchCase: CustomStringConvertible {
  /// "verbs, anonymous, populated, 64 KiB"; threads and residents where they are not the usual 1 and 0.
  var description: String {
    length == 0 ? seriesName : "\(seriesName), \(ByteSize.text(length))"
  }

  private var seriesName: String {
    var parts = [strategy.rawValue, memory.name, pages.rawValue]
    if threads != 1 { parts.append("\(threads) threads") }
    if resident != 0 { parts.append("\(resident) resident") }
    return parts.joined(separator: ", ")
  }
}
