public import Glibc

/// The clock that times registrations (`CLOCK_MONOTONIC`, read in the vDSO).
public enum MonotonicClock {
  /// Nanoseconds since an arbitrary start.
  @inlinable
  @inline(__always)
  public static var now: UInt64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// What one reading takes, in nanoseconds: the best of 20 means over 1000 readings.
  public static func cost() -> Double {
    var best = UInt64.max
    for _ in 0..<20 {
      let start = now
      var last = start
      for _ in 0..<1000 { last = now }
      best = min(best, last &- start)
    }
    return Double(best) / 1000
  }
}
