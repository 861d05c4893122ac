import Glibc
import LinuxSystem
import Netlink

/// Makes soft-RoCE links and removes them again.
enum RxeSetup {
  /// Where an interface of memreg's own finds its address: the network for benchmarks of RFC 2544.
  private static func address(for interface: NetworkInterface) -> String {
    "198.18.\((interface.index >> 8) & 0xff).\(interface.index & 0xff)"
  }

  /// Refuses where the kernel has no soft-RoCE, then where the privilege is lacking.
  static func require(to action: String) throws(CommandFailure) {
    guard KernelModule.rxe.isAvailable else {
      throw CommandFailure(
        "cannot \(action): this kernel has no rdma_rxe module; "
          + (MicroVM.launcher.map {
            "run the command in a microVM whose kernel has it: `\($0) memreg ...`"
          } ?? "boot a kernel of the distribution, which has it"),
        status: .unavailable
      )
    }
    guard (try? Capability.netAdmin.isGranted) == true else {
      throw CommandFailure(
        "cannot \(action): it takes CAP_NET_ADMIN; run it as root, with sudo",
        status: .notPermitted
      )
    }
  }

  /// Makes a link named `name` on `netdev`, or on a new dummy interface; leaves nothing behind on failure.
  static func up(name: String, netdev: String?) throws(CommandFailure) -> RxeRecord {
    guard KernelModule.rxe.load() else {
      throw CommandFailure(
        "cannot make \(name): `modprobe rdma_rxe` failed; the kernel's log says why",
        status: .unavailable
      )
    }
    // Lacking it only takes rdma_cm from the programs that use the link.
    KernelModule.connectionManager.load()
    do throws(NetlinkError) {
      let route = try RouteNetlink()
      guard let netdev else { return try upOnDummy(name, route) }
      let interface = try route.interface(named: netdev)
      return try add(name, on: interface, isOwn: false)
    } catch {
      throw CommandFailure(error)
    }
  }

  private static func upOnDummy(
    _ name: String,
    _ route: borrowing RouteNetlink
  ) throws(NetlinkError) -> RxeRecord {
    let interface = try addDummy(for: name, route)
    do throws(NetlinkError) {
      // The address comes first, so that the GID table has it when the device appears.
      try route.addAddress("\(address(for: interface))/32", to: interface)
      return try add(name, on: interface, isOwn: true)
    } catch {
      // The first failure is the one to tell; a dummy that stays is seen by its alias.
      try? route.delete(interface)
      throw error
    }
  }

  /// The first of memreg0, memreg1, ... that is free; its alias says whose it is.
  private static func addDummy(
    for name: String,
    _ route: borrowing RouteNetlink
  ) throws(NetlinkError) -> NetworkInterface {
    for number in 0..<1000 {
      do throws(NetlinkError) {
        return try route.addDummy(named: "memreg\(number)", alias: "memreg: \(name)", mtu: 9000)
      } catch {
        guard error.code == .EEXIST else { throw error }
      }
    }
    throw NetlinkError("make a dummy network interface", code: .EEXIST)
  }

  private static func add(
    _ name: String,
    on interface: NetworkInterface,
    isOwn: Bool
  ) throws(NetlinkError) -> RxeRecord {
    let netlink = try RDMANetlink()
    do throws(NetlinkError) {
      try netlink.addLink(named: name, type: "rxe", netdev: interface.name)
    } catch {
      guard error.code == .ENOENT, KernelModule.crc32.load() else { throw error }
      try netlink.addLink(named: name, type: "rxe", netdev: interface.name)
    }
    guard let device = try netlink.devices().first(where: { $0.name == name }) else {
      throw NetlinkError("find \(name) after making it", code: .ENODEV)
    }
    let record = RxeRecord(
      name: name,
      deviceIndex: device.index,
      netdev: interface.name,
      madeNetdevIndex: isOwn ? interface.index : nil
    )
    do throws(SystemError) {
      try record.save()
    } catch {
      try netlink.deleteLink(of: device)
      throw NetlinkError("note \(name) in \(record.path)", code: error.code)
    }
    return record
  }

  /// Removes a link that memreg made, and its interface where memreg made that too.
  static func down(_ link: RxeLink, _ record: RxeRecord) throws(CommandFailure) {
    do throws(NetlinkError) {
      try RDMANetlink().deleteLink(of: link.device)
      if let index = record.madeNetdevIndex {
        let route = try RouteNetlink()
        let interface = try? route.interface(named: record.netdev)
        if let interface, interface.index == index { try route.delete(interface) }
      }
      record.remove()
    } catch {
      throw CommandFailure(error)
    }
  }
}
