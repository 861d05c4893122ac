import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// What `memreg bench` is told to vary and how long to measure, checked.
struct BenchAxes: Equatable, Sendable {
  var lengths: [UInt64]
  var memory: [MemoryKind]
  var pages: [BenchCase.PageState]
  var access: AccessFlags
  var threads: [Int]
  var resident: [Int]
  var iterations: Int?
  var duration: Double?
  var warmup: Int

  static let mostThreads = 256
  static let mostResident = 1_000_000
  static let mostIterations = 10_000_000

  /// 4 KiB to 64 MiB, doubling; less where every thread's registration would not fit in half of what `budget` leaves.
  ///
  /// The other half is for what is registered beside it: a staging buffer, and what the kernel still has to uncharge.
  static func usualLengths(under budget: PinBudget, threads: Int) -> [UInt64] {
    let page = UInt64(BasePage.size)
    let most = budget.headroomPages.map { $0 * page / 2 / UInt64(threads) } ?? .max
    return (12...26).map { 1 << $0 }.filter { $0 <= max(page, most) }
  }

  /// Samples of a case: as told, else 1000 up to 1 MiB and fewer above, a fifth for cold pages, which take longer.
  ///
  /// The numbers depend on nothing but the case, so that a deterministic boot repeats them.
  func samples(of benchCase: BenchCase) -> Int? {
    if let iterations { return iterations }
    guard duration == nil else { return nil }
    let usual = max(100, min(1000, Int(1000 * (1 << 20) / benchCase.length)))
    return benchCase.pages == .cold ? usual / 5 : usual
  }

  /// All cases of `strategies`, grouped by how much is registered beforehand, in ascending order.
  func cases(for strategies: [StrategyKind]) -> [[BenchCase]] {
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
