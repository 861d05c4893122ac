import ArgumentParser
import Documents

/// By what `memreg top` sorts.
enum TopOrder: String, CaseIterable, ExpressibleByArgument {
  case pinned
  case headroom
  case mrs
  case rate
  case pid

  /// Whether `one` comes before `other`: most first, but the least headroom and the lowest id.
  ///
  /// What is pinned below zero is a defect of the kernel and comes before everything.
  func places(_ one: TopSample.Process, before other: TopSample.Process) -> Bool {
    places(TopTotals([one]), before: TopTotals([other]))
  }

  /// The same for several processes together.
  func places(_ one: TopTotals, before other: TopTotals) -> Bool {
    let (first, second) = (rank(one), rank(other))
    return first == second ? one.firstPid < other.firstPid : first < second
  }

  private func rank(_ totals: TopTotals) -> Double {
    switch self {
    case .pinned: totals.hasDefect ? -.infinity : -Double(totals.pinnedBytes)
    case .headroom: totals.headroomBytes.map { Double($0) } ?? .infinity
    case .mrs: -Double(totals.mrs)
    case .rate: -Double(totals.pinnedBytesPerSecond ?? 0)
    case .pid: 0
    }
  }
}
