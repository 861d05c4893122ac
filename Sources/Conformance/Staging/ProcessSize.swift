import HostMemory

/// How large this process is.
enum ProcessSize {
  /// Memory in use in KiB (`VmRSS`).
  static var residentKibibytes: Int {
    get throws(SystemError) {
      Int(try CounterFile("/proc/self/status").number(after: "VmRSS:"))
    }
  }
}
