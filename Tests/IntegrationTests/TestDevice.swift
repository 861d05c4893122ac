import Netlink
import Testing

/// A soft-RoCE device of a test's own, so that what other tests hold on rxe0 does not show.
struct TestDevice: ~Copyable {
  let name: String
  private let interface: NetworkInterface

  /// Makes the device, with an address where traffic is to flow.
  init(_ name: String, address: String? = nil) throws(NetlinkError) {
    let dummy = try RouteNetlink().addDummy(named: "\(name)-dum", alias: "test", mtu: 1500)
    if let address { try RouteNetlink().addAddress(address, to: dummy) }
    try RDMANetlink().addLink(named: name, type: "rxe", netdev: dummy.name)
    self.name = name
    interface = dummy
  }

  /// The device as netlink lists it.
  func found(by netlink: borrowing RDMANetlink) throws -> RDMADevice {
    let name = name
    return try #require(try netlink.devices().first { $0.name == name })
  }

  deinit {
    do {
      let netlink = try RDMANetlink()
      let name = name
      if let device = try netlink.devices().first(where: { $0.name == name }) {
        try netlink.deleteLink(of: device)
      }
      try RouteNetlink().delete(interface)
    } catch {
      Issue.record(error, "the device of a test stays")
    }
  }
}
