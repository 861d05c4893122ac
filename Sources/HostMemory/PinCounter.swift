/// The pages charged to this process, at the cost of one system call per reading.
public struct PinCounter: ~Copyable, Sendable {
  private let status: CounterFile

  /// Opens /proc/self/status of the calling process; a forked child needs one of its own.
  public init() throws(SystemError) { status = try CounterFile("/proc/self/status") }

  /// Base pages charged (`VmPin`).
  public var pages: Int {
    get throws(SystemError) {
      Int(try status.number(after: "VmPin:")) * 1024 / BasePage.size
    }
  }
}
