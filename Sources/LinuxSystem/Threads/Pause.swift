import Glibc

/// Waiting without a lock.
package enum Pause {
  /// Sleeps for less than a second; a signal may end it early.
  package static func sleep(nanoseconds: Int) {
    var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
    _ = unsafe nanosleep(&time, nil)
  }
}
