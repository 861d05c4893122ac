internal import CNetlink
import Glibc
import LinuxSystem

/// The kernel's RDMA netlink (NLDEV): devices, links and what processes hold of them.
public struct RDMANetlink: ~Copyable {
  private let socket: NetlinkSocket

  /// Connects; throws EPROTONOSUPPORT where the kernel has no RDMA or ib_core is not loaded.
  public init() throws(NetlinkError) { socket = try NetlinkSocket(.rdma) }

  /// All devices (`RDMA_NLDEV_CMD_GET`).
  public func devices() throws(NetlinkError) -> [RDMADevice] {
    let request = try RDMANetlink.request(RDMA_NLDEV_CMD_GET, flags: NetlinkFlags.dump)
    return try socket.exchange(request, "list RDMA devices")
      .compactMap {
        RDMADevice(NetlinkAttributes($0))
      }
  }

  /// The ports of a device (`RDMA_NLDEV_CMD_PORT_GET`); throws ENODEV where it is gone.
  public func links(of device: RDMADevice) throws(NetlinkError) -> [RDMALink] {
    let request = try RDMANetlink.request(RDMA_NLDEV_CMD_PORT_GET, flags: NetlinkFlags.dump)
    try request.put(RDMA_NLDEV_ATTR_DEV_INDEX.rawValue, device.index)
    return try exchange(request, about: device, "list the links of \(device.name)")
      .compactMap {
        RDMALink(NetlinkAttributes($0))
      }
  }

  /// The character device of user space verbs (`RDMA_NLDEV_CMD_GET_CHARDEV`), which a device that is being removed has
  /// no longer; throws ENODEV where it is gone.
  public func characterDevice(
    of device: RDMADevice
  ) throws(NetlinkError) -> RDMACharacterDevice? {
    let request = try RDMANetlink.request(RDMA_NLDEV_CMD_GET_CHARDEV)
    try request.put(RDMA_NLDEV_ATTR_DEV_INDEX.rawValue, device.index)
    try request.put(RDMA_NLDEV_ATTR_CHARDEV_TYPE.rawValue, "uverbs")
    let answers: [[UInt8]]
    do throws(NetlinkError) {
      answers = try exchange(request, about: device, "find the character device of \(device.name)")
    } catch {
      // What ib_get_client_nl_info() in drivers/infiniband/core/device.c makes of a device without ib_uverbs.
      guard error.code == .EOPNOTSUPP else { throw error }
      return nil
    }
    return answers.lazy.compactMap { RDMACharacterDevice(NetlinkAttributes($0)) }.first
  }

  /// Objects of one kind that are alive on a device; keys only with CAP_NET_ADMIN. Throws ENODEV where it is gone.
  public func resources(
    _ kind: ResourceKind,
    of device: RDMADevice
  ) throws(NetlinkError) -> [RDMAResource] {
    let codes = kind.codes
    let request = try RDMANetlink.request(codes.command, flags: NetlinkFlags.dump)
    try request.put(RDMA_NLDEV_ATTR_DEV_INDEX.rawValue, device.index)
    return try exchange(request, about: device, "list resources of \(device.name)")
      .flatMap { payload in
        NetlinkAttributes(payload).nest(codes.table.rawValue).nests(codes.table.rawValue + 1)
          .map { RDMAResource($0) }
      }
  }

  /// How many objects of one kind are alive on a device, of all processes that this pid namespace shows
  /// (`RDMA_NLDEV_CMD_RES_GET`); `nil` if the kernel does not count them. Throws ENODEV where the device is gone.
  public func count(
    of kind: ResourceKind,
    on device: RDMADevice
  ) throws(NetlinkError) -> UInt64? {
    let request = try RDMANetlink.request(RDMA_NLDEV_CMD_RES_GET)
    try request.put(RDMA_NLDEV_ATTR_DEV_INDEX.rawValue, device.index)
    let answers = try exchange(request, about: device, "count resources of \(device.name)")
    return NetlinkAttributes(answers.first ?? []).nest(RDMA_NLDEV_ATTR_RES_SUMMARY.rawValue)
      .nests(RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY.rawValue)
      .first { $0.text(RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_NAME.rawValue) == kind.summaryName }?
      .number(RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_CURR.rawValue)
  }

  /// What holds of the whole RDMA subsystem (`RDMA_NLDEV_CMD_SYS_GET`).
  public func system() throws(NetlinkError) -> RDMASystem {
    let request = try RDMANetlink.request(RDMA_NLDEV_CMD_SYS_GET)
    let answers = try socket.exchange(request, "query the RDMA subsystem")
    return RDMASystem(NetlinkAttributes(answers.first ?? []))
  }

  /// Adds a software link such as rxe on a netdev (`RDMA_NLDEV_CMD_NEWLINK`).
  ///
  /// Throws EPERM without CAP_NET_ADMIN, EINVAL for an unknown type, EEXIST for a netdev that has one,
  /// ENODEV for an unknown netdev, and on 6.1 ENOENT where the crc32_generic module is lacking.
  public func addLink(named name: String, type: String, netdev: String) throws(NetlinkError) {
    let request = try RDMANetlink.request(RDMA_NLDEV_CMD_NEWLINK)
    try request.put(RDMA_NLDEV_ATTR_DEV_NAME.rawValue, name)
    try request.put(RDMA_NLDEV_ATTR_LINK_TYPE.rawValue, type)
    try request.put(RDMA_NLDEV_ATTR_NDEV_NAME.rawValue, netdev)
    _ = try socket.exchange(request, "add \(type) link \(name) on \(netdev)")
  }

  /// Deletes a software link (`RDMA_NLDEV_CMD_DELLINK`); throws EPERM or EINVAL.
  ///
  /// Before Linux 7.3 this waits, unkillably, until no process uses the device any more.
  public func deleteLink(of device: RDMADevice) throws(NetlinkError) {
    let request = try RDMANetlink.request(RDMA_NLDEV_CMD_DELLINK)
    try request.put(RDMA_NLDEV_ATTR_DEV_INDEX.rawValue, device.index)
    _ = try socket.exchange(request, "delete link \(device.name)")
  }

  /// Says ENODEV of a device that has gone: drivers/infiniband/core/nldev.c says EINVAL of an index without a device.
  private func exchange(
    _ request: borrowing NetlinkRequest,
    about device: RDMADevice,
    _ action: String
  ) throws(NetlinkError) -> [[UInt8]] {
    do throws(NetlinkError) {
      return try socket.exchange(request, action)
    } catch {
      guard error.code == .EINVAL, try !devices().contains(where: { $0.index == device.index })
      else { throw error }
      throw NetlinkError(action, code: .ENODEV)
    }
  }

  private static func request(
    _ command: rdma_nldev_command,
    flags: Int32 = 0
  ) throws(NetlinkError) -> NetlinkRequest {
    // RDMA_NL_GET_TYPE(), a macro: the client in the upper bits, the operation in the lower ten.
    let type = Int32(RDMA_NL_NLDEV) << 10 | Int32(command.rawValue)
    return try NetlinkRequest(type: type, flags: flags)
  }
}
