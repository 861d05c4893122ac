import Glibc
import HostMemory
package import LinuxSystem

/// What the kernel has taken for itself at some moment, to see what a load leaves behind.
package struct KernelMemory {
  private let unreclaimable: Int64
  private let available: Int64

  package init() throws(SystemError) {
    (unreclaimable, available) = try CounterFile("/proc/meminfo")
      .read { text in
        let numbers = (text.number(after: "SUnreclaim:"), text.number(after: "MemAvailable:"))
        return (Int64(clamping: numbers.0 ?? 0), Int64(clamping: numbers.1 ?? 0))
      }
  }

  /// How much more it has taken since, in KiB: of slabs that cannot be reclaimed, or of whole pages where that is far
  /// more. Waits up to ten seconds for it to be less than `bound`, since much is freed only later.
  package func settledGrowth(below bound: Int64) throws(SystemError) -> Int64 {
    var growth = Int64.max
    for _ in 0..<100 {
      let now = try KernelMemory()
      // Other memory of the system comes and goes in tens of MiB.
      let pages = available - now.available - (64 << 10)
      growth = max(now.unreclaimable - unreclaimable, pages)
      if growth < bound { break }
      usleep(100_000)
    }
    return growth
  }

  /// How many objects of a slab cache are in use, `nil` where the kernel does not count them by this name.
  package static func objects(_ cache: String) throws(SystemError) -> Int? {
    for line in try TextFile.read("/proc/slabinfo").split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.first.map({ $0 == cache }) ?? false, words.count > 1 { return Int(words[1]) }
    }
    return nil
  }
}
