import Benchmarking
import HostMemory
import MemoryRegistration

extension BenchCase: CustomStringConvertible {
  /// "verbs, anonymous, populated, 64 KiB"; threads and residents where they are not the usual 1 and 0.
  package var description: String {
    length == 0 ? seriesName : "\(seriesName), \(ByteSize.text(length))"
  }

  private var seriesName: String {
    var parts = [strategy.rawValue, memory.name, pages.rawValue]
    if threads != 1 { parts.append("\(threads) threads") }
    if resident != 0 { parts.append("\(resident) resident") }
    return parts.joined(separator: ", ")
  }
}
