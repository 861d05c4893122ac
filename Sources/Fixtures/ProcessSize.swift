import HostMemory
import LinuxSystem

/// How large this process is.
package enum ProcessSize {
  /// Memory in use in KiB (`VmRSS`).
  package static var residentKibibytes: Int {
    get throws(SystemError) {
      Int(try CounterFile("/proc/self/status").read { $0.number(after: "VmRSS:") ?? 0 })
    }
  }
}
