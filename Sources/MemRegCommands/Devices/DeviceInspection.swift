import Diagnosis
import Documents
import HostMemory
import LinuxSystem
import Verbs

/// Gathers what verbs, the kernel and the device's own answers say about a device.
struct DeviceInspection: ~Copyable {
  /// Two pages to probe with.
  private let buffer: HostBuffer

  init() throws(SystemError) {
    buffer = try HostBuffer(.anonymous, length: 2 * UInt64(BasePage.size))
  }

  /// Looks at `device` and probes it; throws where it cannot be opened or queried.
  func report(on device: Device) throws(VerbsError) -> DeviceReport {
    let context = try DeviceContext(named: device.name)
    let attributes = try context.attributes()
    let features = try DeviceFeatures(probing: context, with: buffer)
    var ports: [PortAttributes] = []
    for number in 0..<UInt8(clamping: attributes.physicalPorts) {
      ports.append(try context.port(number + 1))
    }
    let capacity = ports.reduce(0) { $0 + Int($1.gidTableLength) }
    let gids = try context.gidTable(capacity: capacity)
    let kernel = KernelView(of: device.name)
    var report = DeviceReport(device, attributes, features, kernel)
    if case .works = features.onDemand {
      let domain = try ProtectionDomain(on: context)
      // Without an active port no byte can be moved, and nothing is said.
      report.probes.onDemandPlacement = try? OnDemandPlacement(probing: domain)
    }
    report.ports = ports.map { PortReport($0, gids: gids, kernel) }
    return report
  }
}
