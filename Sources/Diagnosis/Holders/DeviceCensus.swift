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
      guard let file = try netlink.characterDevice(of: device) else { continue }
      list.append(
        DeviceCensus(
          device: device.name,
          characterDevice: file.name,
          objects: try ObjectCensus(of: device, netlink)
        )
      )
    }
    return list
  }
}
