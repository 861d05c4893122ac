import Glibc
import Synchronization

/// A barrier at which threads wait for each other, so that they start together.
final class StartBarrier: Sendable {
  private let missing: Atomic<Int>

  init(threads: Int) { missing = Atomic(threads) }

  /// Spins until every thread has arrived.
  func wait() {
    missing.wrappingSubtract(1, ordering: .acquiringAndReleasing)
    while missing.load(ordering: .acquiring) > 0 { sched_yield() }
  }
}
