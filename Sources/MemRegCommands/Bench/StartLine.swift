import Glibc
import Synchronization

/// A line from which several threads start together.
final class StartLine: Sendable {
  private let missing: Atomic<Int>

  init(threads: Int) { missing = Atomic(threads) }

  /// Waits, without sleeping, until every thread has come.
  func wait() {
    missing.wrappingSubtract(1, ordering: .acquiringAndReleasing)
    while missing.load(ordering: .acquiring) > 0 { sched_yield() }
  }
}
