package import Netlink

/// A device that is there, with the kernel's count of its objects.
package struct DeviceCensus: Sendable {
  package let device: String
  package let characterDevice: String
  package let objects: ObjectCensus

  /// Counts on all devices; none where the kernel has no RDMA.
  package static func all() throws(NetlinkError) -> [DeviceCensus] {
    let netlink: RDMANetlink
    do throws(NetlinkError) {
      netlink = try RDMANetlink()
    } catch {
      guard error.isLackOfFamily else { throw error }
      return []
    }
    var list: [DeviceCensus] = []
    for device in try netlink.devices() {
      do throws(NetlinkError) {
        if let census = try DeviceCensus(of: device, netlink) { list.append(census) }
      } catch {
        guard error.isLossOfDevice else { throw error }
      }
    }
    return list
  }

  private init?(of device: RDMADevice, _ netlink: borrowing RDMANetlink) throws(NetlinkError) {
    guard let file = try netlink.characterDevice(of: device) else { return nil }
    (self.device, characterDevice) = (device.name, file.name)
    objects = try ObjectCensus(of: device, netlink)
  }
}
