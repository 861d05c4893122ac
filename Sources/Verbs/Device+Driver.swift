import Glibc
import LinuxSystem
import Netlink

extension Device {
  /// The kernel driver: the PCI driver's name from /sys, or for a device in software what RDMA netlink calls it, such as
  /// `rxe` or `siw`; `nil` where neither tells.
  public var driver: String? { Device.driver(of: name) }

  /// The kernel driver of the device of this name.
  public static func driver(of name: String) -> String? {
    let directory = "/sys/class/infiniband/\(name)"
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe readlink("\(directory)/device/driver", &target, target.count - 1)
    if length > 0 {
      let path = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return path.split(scalar: "/").last.map(String.init)
    }
    // Only rxe has this attribute, which names its netdev; a sandbox may have /sys and no netlink.
    if unsafe access("\(directory)/parent", F_OK) == 0 { return "rxe" }
    do throws(NetlinkError) {
      let netlink = try RDMANetlink()
      guard let device = try netlink.devices().first(where: { $0.name == name }) else { return nil }
      return try netlink.characterDevice(of: device)?.driver
    } catch {
      return nil
    }
  }
}
