import Glibc
import HostMemory
import LinuxSystem
import Netlink

extension TopSample {
  /// Looks at every process; rates are against `previous`.
  static func take(after previous: TopSample?) throws(CommandFailure) -> TopSample {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    let now = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    let census: [DeviceCensus]
    do throws(NetlinkError) {
      census = try DeviceCensus.all()
    } catch {
      throw CommandFailure(error)
    }
    let all = PinnedProcess.all()
    let makers = Set(census.flatMap { $0.objects.byProcess.filter { $0.value.mrs > 0 }.keys })
    let processes = all.filter { $0.pinned != 0 || makers.contains($0.pid) }
      .map { Process($0, census, after: previous, at: now) }
    return TopSample(
      timeUnixNs: now,
      systemPinnedBytes: systemPinned(),
      accountedBytes: all.reduce(0) { $0 + $1.pinned },
      processes: processes,
      devices: census.map(Device.init)
    )
  }

  /// Counts per CPU are added up for root; others read them as of the last time.
  private static func systemPinned() -> Int64? {
    let pins = (try? FollPin(fold: true)) ?? (try? FollPin(fold: false))
    guard let pins, pins.acquired > 0 else { return nil }
    return pins.outstanding * Int64(BasePage.size)
  }

  /// The processes by `order`, those whose name or user contains `filter` or whose id or device it is.
  func arranged(by order: TopOrder, matching filter: String?) -> TopSample {
    var sample = self
    if let filter {
      sample.processes = processes.filter {
        $0.name.contains(filter) || $0.user.contains(filter) || String($0.pid) == filter
          || $0.devices.contains(filter)
      }
    }
    sample.processes.sort { order.places($0, before: $1) }
    return sample
  }
}

extension TopSample.Device {
  fileprivate init(_ census: DeviceCensus) {
    device = census.device
    mrs = census.objects.unattributed.mrs
    mrBytes = census.objects.unattributed.mrBytes
    for held in census.objects.byProcess.values {
      mrs += held.mrs
      mrBytes += held.mrBytes
    }
  }
}

extension TopSample.Process {
  fileprivate init(
    _ process: PinnedProcess,
    _ census: [DeviceCensus],
    after previous: TopSample?,
    at now: UInt64
  ) {
    let status = try? ProcessStatus(ofProcess: process.pid)
    let shares =
      census.compactMap { device in
        device.objects.byProcess[process.pid].map { (device.device, $0) }
      }
      .filter { !$0.1.isEmpty }
    let isFree =
      (status?.effectiveCapabilities ?? 0) & Capability.ipcLock.mask != 0
      && UserNamespace.isInitial(ofProcess: process.pid)
    let before = previous?.processes.first { $0.pid == process.pid }
    self.init(
      pid: process.pid,
      name: status?.name ?? "?",
      user: status.map { UserAccount(id: $0.user)?.name ?? String($0.user) } ?? "?",
      pinnedBytes: process.pinned,
      lockedBytes: process.locked,
      limitBytes: (try? Memlock(ofProcess: process.pid))?.soft,
      limitBinds: !isFree,
      mrs: shares.reduce(0) { $0 + $1.1.mrs },
      mrBytes: shares.reduce(0) { $0 + $1.1.mrBytes },
      devices: shares.map(\.0),
      pinnedBytesPerSecond: previous.map {
        TopSample.rate(
          from: before?.pinnedBytes ?? 0,
          to: process.pinned,
          nanoseconds: now > $0.timeUnixNs ? now - $0.timeUnixNs : 1
        )
      }
    )
  }
}

extension TopSample {
  static func rate(from old: Int64, to new: Int64, nanoseconds: UInt64) -> Int64 {
    let change = Double(new - old)
    return Int64((change * 1e9 / Double(max(nanoseconds, 1))).rounded())
  }
}
