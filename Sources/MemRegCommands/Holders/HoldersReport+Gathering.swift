import Diagnosis
import Documents
import Glibc
import HostMemory
import LinuxSystem
import Netlink

extension HoldersReport {
  /// Joins /proc with the kernel's resource tracking.
  init(scan: (uses: [DeviceUse], unseen: Int), census: [DeviceCensus]) {
    var devices = census.map { Device($0, scan.uses) }
    let known = Set(census.map(\.characterDevice))
    let gone = scan.uses.flatMap { $0.descriptors.keys + $0.mappings.map(\.file) }
      .filter { $0.isDeviceGone || !known.contains($0.name) }
    for name in Set(gone.map(\.name)).sorted() {
      devices.append(Device(goneWithFile: name, scan.uses))
    }
    let orphans = scan.uses.filter(\.isEventsOnly)
    if !orphans.isEmpty { devices.append(Device(ofEvents: orphans)) }
    self.init(devices: devices, unseenProcesses: scan.unseen)
    isInChildPidNamespace = ProcessNamespace.isInitial(ofProcess: getpid()) ? nil : true
  }

  /// Who holds what now.
  static func current() throws(CommandFailure) -> HoldersReport {
    do throws(NetlinkError) {
      return HoldersReport(scan: DeviceUse.all(), census: try DeviceCensus.all())
    } catch {
      throw CommandFailure(error)
    }
  }

  /// The device that `name` stands for, an RDMA device or a character device, or else those that are gone; and
  /// who has events of a device that the kernel does not tell;
  /// no device for `nil`.
  func limited(to name: String?) -> HoldersReport {
    var report = self
    report.devices = []
    guard let name else { return report }
    report.devices = devices.filter { $0.device == name || $0.characterDevice == name }
    report.devices +=
      report.devices.isEmpty
      ? devices.filter { !$0.present } : devices.filter { $0.characterDevice == Device.events }
    return report
  }
}

extension HoldersReport.Device {
  fileprivate init(_ census: DeviceCensus, _ uses: [DeviceUse]) {
    let objects = census.objects.byProcess
    let holders = uses.compactMap { use in
      HoldersReport.Holder(use, census.characterDevice, isGone: false, objects[use.pid])
    }
    let seen = Set(holders.map(\.pid))
    let makers = objects.filter { !seen.contains($0.key) }
      .map { HoldersReport.Holder(unseen: $0.key, $0.value) }
    self.init(
      device: census.device,
      characterDevice: census.characterDevice,
      present: true,
      holders: (holders + makers).sorted { $0.pid < $1.pid },
      unattributed: HoldersReport.Objects(census.objects.unattributed)
    )
  }

  /// What stands for the character device where the kernel tells none.
  static let events = "infinibandevent"

  fileprivate init(ofEvents uses: [DeviceUse]) {
    self.init(
      device: nil,
      characterDevice: HoldersReport.Device.events,
      present: false,
      holders: uses.map { HoldersReport.Holder(ofEvents: $0) },
      unattributed: HoldersReport.Objects()
    )
  }

  fileprivate init(goneWithFile name: String, _ uses: [DeviceUse]) {
    self.init(
      device: nil,
      characterDevice: name,
      present: false,
      holders: uses.compactMap { HoldersReport.Holder($0, name, isGone: true, nil) },
      unattributed: HoldersReport.Objects()
    )
  }
}

extension HoldersReport.Holder {
  /// What `use` has of one device; `nil` where that is nothing.
  fileprivate init?(_ use: DeviceUse, _ file: String, isGone: Bool, _ objects: HeldObjects?) {
    let count = use.descriptors.filter { $0.key.name == file && $0.key.isDeviceGone == isGone }
      .values.reduce(0, +)
    let mappings = use.mappings.filter {
      $0.file.name == file && $0.file.isDeviceGone == isGone
    }
    guard count > 0 || !mappings.isEmpty else { return nil }
    let role =
      (objects?.contexts ?? 0) > 0 ? "opener" : count > 0 ? "inherited" : "mapping"
    self.init(
      use.pid,
      role: isGone && count > 0 ? "descriptor" : role,
      descriptors: count,
      mappings: mappings.count,
      mappedBytes: mappings.reduce(0) { $0 + $1.area.range.length },
      objects: HoldersReport.Objects(objects ?? HeldObjects())
    )
  }

  fileprivate init(ofEvents use: DeviceUse) {
    self.init(
      use.pid,
      role: "events",
      descriptors: use.events,
      mappings: 0,
      mappedBytes: 0,
      objects: HoldersReport.Objects()
    )
  }

  /// A process that made objects, seen only through them.
  fileprivate init(unseen pid: Int32, _ objects: HeldObjects) {
    let isOpaque = (try? OpenDescriptor.all(ofProcess: pid)) == nil
    self.init(
      pid,
      role: isOpaque && objects.contexts > 0 ? "opener" : "maker",
      descriptors: isOpaque ? nil : 0,
      mappings: isOpaque ? nil : 0,
      mappedBytes: isOpaque ? nil : 0,
      objects: HoldersReport.Objects(objects)
    )
  }

  private init(
    _ pid: Int32,
    role: String,
    descriptors: Int?,
    mappings: Int?,
    mappedBytes: UInt64?,
    objects: HoldersReport.Objects
  ) {
    let status = try? ProcessStatus(ofProcess: pid)
    self.init(
      pid: pid,
      name: status?.name ?? "?",
      user: status.map { UserAccount(id: $0.user)?.name ?? String($0.user) } ?? "?",
      role: role,
      descriptors: descriptors,
      mappings: mappings,
      mappedBytes: mappedBytes,
      objects: objects
    )
  }
}

extension HoldersReport.Objects {
  fileprivate init(_ held: HeldObjects) {
    self.init(
      contexts: held.contexts,
      pds: held.pds,
      mrs: held.mrs,
      mrBytes: held.mrBytes,
      qps: held.qps,
      cqs: held.cqs,
      cmIds: held.cmIds
    )
  }
}
