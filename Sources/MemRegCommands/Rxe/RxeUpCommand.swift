import ArgumentParser
import Netlink

/// `memreg rxe up`: makes a soft-RoCE link.
struct RxeUpCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Make a soft-RoCE device; loads the kernel module where it has to.",
    discussion: """
      Without --netdev the device sits on a dummy network interface with an address of its own \
      (198.18.0.0/15), for traffic inside this machine. A device of this name that `up` made before \
      is left as it is. Needs CAP_NET_ADMIN.
      """
  )

  @Option(help: ArgumentHelp("The network interface to sit on.", valueName: "interface"))
  var netdev: String?

  @Option(help: ArgumentHelp("The device's name.", valueName: "device"))
  var name = "rxe0"

  func validate() throws {
    let isPlain = name.utf8.allSatisfy {
      ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5f
        || $0 == 0x2d
    }
    guard isPlain, !name.isEmpty, name.utf8.count < 64 else {
      throw ValidationError(
        "'\(name)' is no device name; use up to 63 letters, digits, hyphens and underscores"
      )
    }
  }

  func execute() throws {
    if let link = try existing() {
      try accept(link)
      StandardOutput.write("\(name) is up on \(link.netdev ?? "?") already\n")
      return
    }
    try RxeSetup.require(to: "make \(name)")
    let record = try RxeSetup.up(name: name, netdev: netdev)
    let origin = record.madeNetdevIndex == nil ? "" : ", a dummy interface made for it"
    StandardOutput.write("\(name) is up on \(record.netdev)\(origin)\n")
  }

  private func existing() throws(CommandFailure) -> RDMALink? {
    do throws(NetlinkError) {
      let netlink = try RDMANetlink()
      guard let device = try netlink.devices().first(where: { $0.name == name }) else { return nil }
      return try netlink.links(of: device).first
    } catch {
      // No RDMA netlink: the module is not loaded yet, so no link exists.
      guard error.isLackOfFamily else { throw CommandFailure(error) }
      return nil
    }
  }

  /// A device of the wanted name is good enough if `up` made it and it sits where it should.
  private func accept(_ link: RDMALink) throws(CommandFailure) {
    let place = link.netdev ?? "no network interface"
    guard RxeRecord.load(name)?.deviceIndex == link.deviceIndex else {
      throw CommandFailure(
        "cannot make \(name): there is one on \(place) that memreg did not make; choose another --name",
        status: .refused
      )
    }
    guard netdev == nil || netdev == link.netdev else {
      throw CommandFailure(
        "cannot make \(name): it is up on \(place); choose another --name, or "
          + "`memreg rxe down \(name)` first",
        status: .refused
      )
    }
  }
}
