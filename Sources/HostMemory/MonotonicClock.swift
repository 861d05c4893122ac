import Glibc

/// The clock that times registrations (`CLOCK_MONOTONIC`, read in the vDSO).
public enum MonotonicClock {
  /// Nanoseconds since an arbitrary start.
  @inline(__always)
  public static var now: UInt64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
