public import LinuxSystem

/// The pins of the whole system by its folded FOLL_PIN counters, at the cost of two system calls per reading.
public final class OutstandingPins: Sendable {
  private let refresh: CounterFile
  private let counters: CounterFile

  /// Opens the counters; throws EACCES to anyone but root.
  public init() throws(SystemError) {
    let refresh = try CounterFile("/proc/sys/vm/stat_refresh")
    let counters = try CounterFile("/proc/vmstat")
    self.refresh = refresh
    self.counters = counters
  }

  /// Pages pinned and not yet put, of all processes; only a difference means anything.
  public var pages: Int {
    get throws(SystemError) {
      try refresh.read { _ in }
      return Int(try counters.read { FollPin(parsing: $0) }.outstanding)
    }
  }
}
