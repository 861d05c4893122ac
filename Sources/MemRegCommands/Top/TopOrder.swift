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
    let (first, second): (Double, Double) =
      switch self {
      case .pinned: (TopOrder.rank(one.pinnedBytes), TopOrder.rank(other.pinnedBytes))
      case .headroom:
        (
          one.headroomBytes.map { Double($0) } ?? .infinity,
          other.headroomBytes.map { Double($0) } ?? .infinity
        )
      case .mrs: (-Double(one.mrs), -Double(other.mrs))
      case .rate:
        (-Double(one.pinnedBytesPerSecond ?? 0), -Double(other.pinnedBytesPerSecond ?? 0))
      case .pid: (0, 0)
      }
    return first == second ? one.pid < other.pid : first < second
  }

  private static func rank(_ pinned: Int64) -> Double { pinned < 0 ? -.infinity : -Double(pinned) }
}
