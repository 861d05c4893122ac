import Diagnosis
import Documents
import Glibc
import LinuxSystem
import Verbs

extension Overview {
  /// Looks at this machine and this process; opens no device.
  init() throws {
    let report = try LimitsReport(
      ofProcess: getpid(),
      try MemlockOrigin(ofProcess: getpid())
    )
    let limit: Limit
    if let headroom = report.headroomBytes, let bytes = report.memlock.softBytes {
      limit = .binds(bytes: bytes, headroom: headroom, remedy: report.origin.remedy)
    } else {
      limit = .lifted(
        report.memlock.softBytes == nil ? "it is unlimited" : report.capability.explanation
      )
    }
    self.init(
      devices: try DeviceOptions.devices(named: nil)
        .map { device in
          let path = "/dev/infiniband/\(device.characterDevice)"
          return Device(
            name: device.name,
            driver: device.driver,
            opens: unsafe access(path, R_OK | W_OK) == 0
          )
        },
      limit: limit,
      softRoCE: (
        KernelModule.rxe.isAvailable, (try? Capability.netAdmin.isGranted) == true
      )
    )
  }
}
