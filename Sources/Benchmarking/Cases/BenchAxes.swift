package import HostMemory
import LinuxSystem
package import MemoryRegistration
package import Verbs

/// The axes of a benchmark and how long each case is measured.
package struct BenchAxes: Equatable, Sendable {
  package var lengths: [UInt64]
  package var memory: [MemoryKind]
  package var pages: [BenchCase.PageState]
  package var access: AccessFlags
  package var threads: [Int]
  package var resident: [Int]
  package var iterations: Int?
  package var duration: Double?
  package var warmup: Int
  /// Whether calls are also traced, to divide their time.
  package var stages: Bool

  /// Takes the axes; `duration` is in seconds for each case.
  package init(
    lengths: [UInt64],
    memory: [MemoryKind],
    pages: [BenchCase.PageState],
    access: AccessFlags,
    threads: [Int],
    resident: [Int],
    iterations: Int?,
    duration: Double?,
    warmup: Int,
    stages: Bool = false
  ) {
    (self.lengths, self.memory, self.pages, self.access) = (lengths, memory, pages, access)
    (self.threads, self.resident, self.iterations) = (threads, resident, iterations)
    (self.duration, self.warmup) = (duration, warmup)
    self.stages = stages
  }

  package static let mostThreads = 256
  package static let mostResident = 1_000_000
  package static let mostIterations = 10_000_000

  /// 4 KiB to 64 MiB, doubling; less where every thread's registration would not fit in half of what `budget` leaves.
  ///
  /// The other half is for what is registered beside it: a staging buffer, and what the kernel still has to uncharge.
  package static func usualLengths(under budget: PinBudget, threads: Int) -> [UInt64] {
    let page = UInt64(BasePage.size)
    let most = budget.headroomPages.map { $0 * page / 2 / UInt64(threads) } ?? .max
    return (12...26).map { 1 << $0 }.filter { $0 <= max(page, most) }
  }

  /// Samples of a case: the given number, else 1000 up to 1 MiB and fewer above, a fifth for cold pages, which take longer.
  ///
  /// The numbers depend on nothing but the case, so that a deterministic boot repeats them.
  package func samples(of benchCase: BenchCase) -> Int? {
    if let iterations { return iterations }
    guard duration == nil else { return nil }
    let usual = max(100, min(1000, Int(1000 * (1 << 20) / benchCase.length)))
    return benchCase.pages == .cold ? usual / 5 : usual
  }

  private static let mostTraced = 200

  /// Samples of a case to trace besides, enough for a median: none if nothing is registered.
  package func tracedSamples(of benchCase: BenchCase) -> Int {
    guard stages, benchCase.strategy != .copy else { return 0 }
    return min(samples(of: benchCase) ?? BenchAxes.mostTraced, BenchAxes.mostTraced)
  }

  /// All cases of `strategies`, grouped by how much is registered beforehand, in ascending order.
  package func cases(for strategies: [StrategyKind]) -> [[BenchCase]] {
    resident.sorted()
      .map { resident in
        var cases: [BenchCase] = []
        for strategy in strategies {
          for memory in memory {
            for state in pages {
              for threads in threads {
                for length in lengths {
                  cases.append(
                    BenchCase(
                      strategy: strategy,
                      memory: memory,
                      pages: state,
                      threads: threads,
                      resident: resident,
                      length: length
                    )
                  )
                }
              }
            }
          }
        }
        return cases
      }
  }
}
