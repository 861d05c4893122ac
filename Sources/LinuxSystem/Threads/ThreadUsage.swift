internal import CLinux

/// What the calling thread has used since it began (`getrusage(2)` with `RUSAGE_THREAD`).
public struct ThreadUsage: Equatable, Sendable {
  /// Nanoseconds in user mode, which the kernel estimates from its timer ticks.
  public var user: UInt64
  /// Nanoseconds in the kernel, estimated alike.
  public var system: UInt64
  /// Page faults that needed no reading from disk, those of pinning included.
  public var minorFaults: UInt64
  /// Page faults that did.
  public var majorFaults: UInt64

  /// Nothing used.
  public init() { (user, system, minorFaults, majorFaults) = (0, 0, 0, 0) }

  /// The calling thread's use until now.
  public static func current() throws(SystemError) -> ThreadUsage {
    var usage = ThreadUsage()
    let code = unsafe clinux_thread_usage(
      &usage.user,
      &usage.system,
      &usage.minorFaults,
      &usage.majorFaults
    )
    try SystemError.check("read this thread's usage", code)
    return usage
  }

  /// The use of both together.
  public static func + (left: ThreadUsage, right: ThreadUsage) -> ThreadUsage {
    var sum = left
    sum.user += right.user
    sum.system += right.system
    sum.minorFaults += right.minorFaults
    sum.majorFaults += right.majorFaults
    return sum
  }

  /// The use between an earlier reading and a later one of the same thread.
  public static func - (later: ThreadUsage, earlier: ThreadUsage) -> ThreadUsage {
    var difference = later
    difference.user -= min(earlier.user, later.user)
    difference.system -= min(earlier.system, later.system)
    difference.minorFaults -= earlier.minorFaults
    difference.majorFaults -= earlier.majorFaults
    return difference
  }
}
