import LinuxSystem
import Netlink
import Verbs

/// A soft-RoCE link as it is now.
struct RxeLink {
  let device: RDMADevice
  let netdev: String?
  let state: PortState
  /// How many times user space has the device open.
  let contexts: Int
  /// The processes that opened it; a thread that has ended since does not tell its process.
  let pids: [Int32]
  /// What memreg noted when it made this very link.
  let record: RxeRecord?

  /// All soft-RoCE links; none where the kernel has no RDMA.
  static func all() throws(NetlinkError) -> [RxeLink] {
    let netlink = try RDMANetlink()
    var links: [RxeLink] = []
    for device in try netlink.devices() {
      do throws(NetlinkError) {
        if let link = try RxeLink(device, netlink) { links.append(link) }
      } catch {
        guard error.isLossOfDevice else { throw error }
      }
    }
    return links
  }

  private init?(_ device: RDMADevice, _ netlink: borrowing RDMANetlink) throws(NetlinkError) {
    guard try netlink.characterDevice(of: device)?.driver == "rxe" else { return nil }
    let port = try netlink.links(of: device).first
    let record = RxeRecord.load(device.name)
    let owners = try netlink.resources(.contexts, of: device).map(\.owner)
    (self.device, netdev) = (device, port?.netdev)
    state = PortState(rawValue: port?.state ?? 0)
    contexts = owners.count
    pids = Set(owners.compactMap { RxeLink.processID(of: $0) }).sorted()
    self.record = record?.deviceIndex == device.index ? record : nil
  }

  private static func processID(of owner: ResourceOwner) -> Int32? {
    guard case .thread(let thread) = owner else { return nil }
    return (try? ProcessStatus(ofProcess: thread))?.processID
  }
}
