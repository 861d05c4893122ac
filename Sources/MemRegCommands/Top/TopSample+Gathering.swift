import Diagnosis
import Documents
import Glibc
import HostMemory
import LinuxSystem
import Netlink

extension TopSample {
  /// Looks at every process; rates are against `previous`.
  static func take(after previous: TopSample?) throws(CommandFailure) -> TopSample {
    let census: PinCensus
    do throws(NetlinkError) {
      census = try PinCensus()
    } catch {
      throw CommandFailure(error)
    }
    var sample = TopSample(
      timeUnixNs: census.timeUnixNs,
      systemPinnedBytes: census.systemPinnedBytes,
      accountedBytes: census.accountedBytes,
      processes: census.pinning.map { Process($0, census, after: previous) },
      devices: census.devices.map { Device($0) }
    )
    sample.isInChildPidNamespace = ProcessNamespace.isInitial(ofProcess: getpid()) ? nil : true
    return sample
  }
}

extension TopSample.Device {
  fileprivate init(_ census: DeviceCensus) {
    let held = [census.objects.unattributed] + census.objects.byProcess.values
    self.init(
      device: census.device,
      mrs: held.reduce(0) { $0 + $1.mrs },
      mrBytes: held.reduce(0) { $0 + $1.mrBytes }
    )
  }
}

extension TopSample.Process {
  fileprivate init(
    _ process: PinnedProcess,
    _ census: PinCensus,
    after previous: TopSample?
  ) {
    let status = try? ProcessStatus(ofProcess: process.pid)
    let shares = census.shares(of: process.pid)
    let now = census.timeUnixNs
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
      mrs: shares.reduce(0) { $0 + $1.objects.mrs },
      mrBytes: shares.reduce(0) { $0 + $1.objects.mrBytes },
      devices: shares.map(\.device),
      pinnedBytesPerSecond: previous.map {
        TopSample.rate(
          from: before?.pinnedBytes ?? 0,
          to: process.pinned,
          nanoseconds: now > $0.timeUnixNs ? now - $0.timeUnixNs : 1
        )
      }
    )
    if !shares.isEmpty {
      regionsByDevice = shares.map {
        TopSample.Device(device: $0.device, mrs: $0.objects.mrs, mrBytes: $0.objects.mrBytes)
      }
    }
    commandLine = ArgumentText.read(ofProcess: process.pid)
    if let groups = try? TextFile.read("/proc/\(process.pid)/cgroup") {
      controlGroup = ControlGroup(parsing: groups)?.path
      let workload = Workload(parsing: groups)
      (slurmJob, slurmStep) = (workload.slurmJob, workload.slurmStep)
      (podUid, container) = (workload.pod, workload.container)
    }
  }
}

extension TopSample {
  static func rate(from old: Int64, to new: Int64, nanoseconds: UInt64) -> Int64 {
    let change = Double(new - old)
    return Int64((change * 1e9 / Double(max(nanoseconds, 1))).rounded())
  }
}
