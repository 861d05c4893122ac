import Glibc

/// A `pthread_cond_t` at an address that stays, for waiters of one kind among those of a `ProcessLock`.
@safe
public struct ProcessCondition: ~Copyable, @unchecked Sendable {
  let condition: UnsafeMutablePointer<pthread_cond_t>

  /// A condition without waiters.
  public init() {
    unsafe condition = .allocate(capacity: 1)
    reset()
  }

  /// Forgets the waiters; only in a forked child, where they are gone.
  public func reset() { unsafe pthread_cond_init(condition, nil) }

  /// Wakes every thread that waits for it.
  public func wakeAll() { unsafe pthread_cond_broadcast(condition) }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe condition.deallocate()
  }
}
