public import LinuxSystem

/// The pages charged to this process, at the cost of one system call per reading.
public struct PinCounter: ~Copyable, Sendable {
  private let status: CounterFile

  init(reading path: String) throws(SystemError) { status = try CounterFile(path) }

  /// Opens /proc/self/status of the calling process; a forked child needs one of its own.
  public init() throws(SystemError) { try self.init(reading: "/proc/self/status") }

  /// Base pages charged (`VmPin`).
  public var pages: Int {
    get throws(SystemError) {
      Int(try status.read { VmPin.bytes(in: $0) ?? 0 }) / BasePage.size
    }
  }
}
