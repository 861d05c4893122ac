import Glibc
package import HostMemory
import LinuxSystem
package import Netlink

/// Who has pinned what at one moment, by /proc and by the kernel's list of memory regions.
package struct PinCensus: Sendable {
  package let timeUnixNs: UInt64
  /// Pins outstanding in the whole system, of every kind (FOLL_PIN); `nil` if the kernel does not count them.
  package let systemPinnedBytes: Int64?
  /// All processes with memory of their own.
  package let all: [PinnedProcess]
  package let devices: [DeviceCensus]

  /// Looks at every process and every device.
  package init() throws(NetlinkError) {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    timeUnixNs = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    devices = try DeviceCensus.all()
    all = PinnedProcess.all()
    systemPinnedBytes = PinCensus.systemPinned()
  }

  /// `VmPin` of all processes together.
  package var accountedBytes: Int64 { all.reduce(0) { $0 + $1.pinned } }

  /// The processes that have pinned memory or made memory regions.
  package var pinning: [PinnedProcess] {
    let makers = Set(devices.flatMap { $0.objects.byProcess.filter { $0.value.mrs > 0 }.keys })
    return all.filter { $0.pinned != 0 || makers.contains($0.pid) }
  }

  /// What process `pid` has on each device on which it has anything.
  package func shares(of pid: Int32) -> [(device: String, objects: HeldObjects)] {
    devices.compactMap { census in census.objects.byProcess[pid].map { (census.device, $0) } }
      .filter { !$0.1.isEmpty }
  }

  /// Counts per CPU are added up for root; others read them as of the last time.
  private static func systemPinned() -> Int64? {
    let pins = (try? FollPin(fold: true)) ?? (try? FollPin(fold: false))
    guard let pins, pins.acquired > 0 else { return nil }
    return pins.outstanding * Int64(BasePage.size)
  }
}
