import Glibc
package import LinuxSystem
package import Netlink
import Verbs

/// A soft-RoCE device of a check's own, over a dummy interface, so that its removal is nobody else's.
package final class RemovableDevice {
  /// What is removed: the RDMA link, or the interface under it.
  package enum Part {
    case link
    case interface
  }

  package let name: String
  private let interface: NetworkInterface
  private let record: StagingRecord

  /// Makes device and interface, in place of what a check that was killed may have left of them.
  package init(_ name: String = "mrcheck0") throws {
    self.name = name
    record = try StagingRecord("device-\(name)", for: .devices)
    let route = try RouteNetlink()
    if let left = try? route.interface(named: "\(name)d") { try route.delete(left) }
    try record.add(.removeInterface("\(name)d"))
    interface = try route.addDummy(named: "\(name)d", alias: "memreg check", mtu: 1500)
    try route.addAddress("198.18.99.1/32", to: interface)
    try addLink()
  }

  /// Makes the RDMA link, anew where it was removed.
  package func addLink() throws(NetlinkError) {
    try RDMANetlink().addLink(named: name, type: "rxe", netdev: interface.name)
  }

  /// Removes the device; before Linux 7.3 this waits for every holder.
  package func remove(_ part: Part = .link) throws(NetlinkError) {
    switch part {
    case .link:
      let netlink = try RDMANetlink()
      let name = name
      guard let device = try netlink.devices().first(where: { $0.name == name }) else { return }
      try netlink.deleteLink(of: device)
    case .interface: try RouteNetlink().delete(interface)
    }
  }
}

/// A process that removes a device when it is told to, as an administrator does while others hold it.
///
/// Make it before the device is opened, or it holds the device itself.
package final class Remover: @unchecked Sendable {
  // Used by one thread at a time.
  private let child: Child

  package init(_ device: RemovableDevice, _ part: RemovableDevice.Part = .link) throws(SystemError)
  {
    child = try Child { pipe in
      _ = try pipe.receive()
      try device.remove(part)
      try pipe.send(1)
      _exit(0)
    }
  }

  package func begin() throws(SystemError) { try child.pipe.send(1) }

  /// Whether the removal has ended before `milliseconds` are over.
  package func hasEnded(within milliseconds: Int32) -> Bool {
    child.pipe.isReady(within: milliseconds)
  }

  /// Waits for the end of the removal.
  package func finish() throws {
    _ = try child.pipe.receive()
    _ = try child.wait()
  }
}

/// What a process has of device files.
package struct DeviceFootprint: Equatable, CustomStringConvertible {
  package let descriptors: Int
  package let mappings: Int

  package static var now: DeviceFootprint {
    get throws(SystemError) {
      DeviceFootprint(
        descriptors: DeviceFile.descriptors().count,
        mappings: try DeviceFile.mappings().count
      )
    }
  }

  package var description: String { "\(descriptors) descriptors, \(mappings) mappings" }
}
