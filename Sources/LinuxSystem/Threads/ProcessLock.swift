import Glibc

/// A `pthread_mutex_t` with a condition, at an address that stays; can be made anew in a forked child.
///
/// The standard library's `Mutex` remembers its owner by thread number, which fork changes.
@safe
public struct ProcessLock: ~Copyable, @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  /// An open lock.
  public init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    reset()
  }

  /// Makes the lock open whoever held it; only in a forked child, where the other threads are gone.
  public func reset() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  /// Waits for the lock and takes it.
  public func lock() { unsafe pthread_mutex_lock(mutex) }

  /// Takes the lock if nobody has it.
  public func tryLock() -> Bool { unsafe pthread_mutex_trylock(mutex) == 0 }

  /// Gives the lock back.
  public func unlock() { unsafe pthread_mutex_unlock(mutex) }

  /// Opens the lock until another thread calls `wakeAll()`, then takes it again.
  public func wait() { unsafe pthread_cond_wait(condition, mutex) }

  /// Wakes every thread in `wait()`.
  public func wakeAll() { unsafe pthread_cond_broadcast(condition) }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }
}
