import Glibc
public import LinuxSystem

/// The system-wide counters of pins taken and put (`FOLL_PIN`), in base pages.
public struct FollPin: Equatable, Sendable {
  /// Pins ever taken (`nr_foll_pin_acquired`); includes retries, so alone it is no number of pages.
  public let acquired: Int64
  /// Pins ever put (`nr_foll_pin_released`).
  public let released: Int64

  /// Pins outstanding in the whole system; only a difference of two readings means anything.
  public var outstanding: Int64 { acquired &- released }

  /// Reads /proc/vmstat; the counters lag per CPU unless `fold` is true, which needs root (vm.stat_refresh).
  public init(fold: Bool) throws(SystemError) {
    if fold { _ = try TextFile.read("/proc/sys/vm/stat_refresh") }
    self = try CounterFile("/proc/vmstat").read { FollPin(parsing: $0) }
  }

  /// Reads the two counters from the text of a vmstat file; absent counters are zero.
  public init(parsing text: Span<UInt8>) {
    acquired = Int64(truncatingIfNeeded: text.number(after: "nr_foll_pin_acquired ") ?? 0)
    released = Int64(truncatingIfNeeded: text.number(after: "nr_foll_pin_released ") ?? 0)
  }
}
