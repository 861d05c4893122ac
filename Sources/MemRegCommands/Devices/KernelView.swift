import Glibc
import HostMemory
import Netlink

/// What the kernel's netlink adds to verbs: the driver, the protocol, and the netdev of each port.
struct KernelView {
  /// The driver by the kernel's number of it, for devices that have none in /sys.
  let driver: String?
  let transport: String?
  private let netdevs: [UInt32: String]

  /// Looks the device up; everything stays empty where the kernel has no RDMA netlink.
  init(of name: String) {
    var (driver, transport): (String?, String?) = (nil, nil)
    var netdevs: [UInt32: String] = [:]
    do throws(NetlinkError) {
      let netlink = try RDMANetlink()
      if let device = try netlink.devices().first(where: { $0.name == name }) {
        transport = device.transport
        driver = try netlink.characterDevice(of: device)?.driver
        for link in try netlink.links(of: device) { netdevs[link.port] = link.netdev }
      }
    } catch {
      // An old kernel lacks a command; what it did answer stands.
    }
    self.driver = driver
    self.transport = transport
    self.netdevs = netdevs
  }

  func netdev(ofPort port: UInt8) -> String? { netdevs[UInt32(port)] }

  /// The name of an interface by its index, `nil` for 0 and for one that is gone.
  static func interfaceName(_ index: UInt32) -> String? {
    var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    guard index > 0, unsafe if_indextoname(index, &name) != nil else { return nil }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
