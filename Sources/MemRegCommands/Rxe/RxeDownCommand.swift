import ArgumentParser
import Documents
import Netlink

/// `memreg rxe down`: removes soft-RoCE links that `up` made.
struct RxeDownCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "down",
    abstract: "Remove soft-RoCE devices that `up` made.",
    discussion: """
      Without a name all that `up` made go, with their dummy network interfaces; devices that others \
      made stay. A device in use is not removed unless --force is given: before Linux 7.3 the kernel \
      then waits, unkillably, until its last user has ended. Needs CAP_NET_ADMIN.
      """
  )

  @Argument(
    help: ArgumentHelp("Only this device.", valueName: "device"),
    completion: ValueCompletion.devices
  )
  var name: String?

  @Flag(help: "Remove a device that processes use, too.")
  var force = false

  func execute() throws {
    let targets = try targets()
    guard !targets.isEmpty else {
      StandardOutput.write("no soft-RoCE device that memreg made\n")
      return
    }
    try RxeSetup.require(to: "remove \(targets[0].link.device.name)")
    for (link, record) in targets {
      try refuseUnlessIdle(link)
      try RxeSetup.down(link, record)
      let dummy = record.madeNetdevIndex == nil ? "" : " and \(record.netdev)"
      StandardOutput.write("removed \(record.name)\(dummy)\n")
    }
  }

  private func targets() throws(CommandFailure) -> [(link: RxeLink, record: RxeRecord)] {
    let links = try RxeListCommand.links()
    guard let name else {
      return links.compactMap { link in link.record.map { (link, $0) } }
    }
    guard let link = links.first(where: { $0.device.name == name }) else {
      throw CommandFailure(
        "cannot remove \(name): no such soft-RoCE device",
        status: .unavailable
      )
    }
    guard let record = link.record else {
      throw CommandFailure(
        "cannot remove \(name): memreg did not make it; `rdma link delete \(name)` removes any",
        status: .refused
      )
    }
    return [(link, record)]
  }

  private func refuseUnlessIdle(_ link: RxeLink) throws(CommandFailure) {
    guard !force, link.contexts > 0 else { return }
    let names = try HoldersReport.current().limited(to: link.device.name).devices
      .flatMap { $0.holders.map { "\($0.pid) (\($0.name))" } }
    let holders =
      names.isEmpty ? "a process that is not visible here" : names.joined(separator: ", ")
    throw CommandFailure(
      "cannot remove \(link.device.name): in use by \(holders); end it, or give --force",
      status: .refused
    )
  }
}
