internal import CNetlink
import Glibc
import LinuxSystem

/// The kernel's rtnetlink, as far as a soft-RoCE link needs a network interface.
public struct RouteNetlink: ~Copyable {
  private let socket: NetlinkSocket

  /// `IFNAMSIZ`, the bytes of an interface's name with its NUL.
  private static let nameLimit = 16

  /// Connects.
  public init() throws(NetlinkError) { socket = try NetlinkSocket(.route) }

  /// The interface of this name; throws ENODEV.
  public func interface(named name: String) throws(NetlinkError) -> NetworkInterface {
    let action = "find network interface \(name)"
    // The kernel answers an overlong name with ERANGE or EINVAL, which says less.
    guard !name.isEmpty, name.utf8.count < RouteNetlink.nameLimit else {
      throw NetlinkError(action, code: .ENODEV)
    }
    let request = try unsafe NetlinkRequest { message in
      unsafe rtnl_link_build_get_request(0, name, &message)
    }
    let answers = try socket.exchange(request, action)
    guard let interface = answers.lazy.compactMap({ NetworkInterface($0) }).first else {
      throw NetlinkError(action, code: .ENODEV)
    }
    return interface
  }

  /// Makes an interface of kind `dummy` that is up and carries `alias`; throws EEXIST, EPERM or EOPNOTSUPP.
  public func addDummy(
    named name: String,
    alias: String,
    mtu: UInt32
  ) throws(NetlinkError) -> NetworkInterface {
    let link = try RouteLink()
    unsafe rtnl_link_set_type(link.raw, "dummy")
    unsafe rtnl_link_set_name(link.raw, name)
    unsafe rtnl_link_set_mtu(link.raw, mtu)
    unsafe rtnl_link_set_flags(link.raw, UInt32(IFF_UP))
    let request = try unsafe NetlinkRequest { message in
      unsafe rtnl_link_build_add_request(link.raw, NetlinkFlags.createExclusively, &message)
    }
    _ = try socket.exchange(request, "make dummy network interface \(name)")
    let interface = try interface(named: name)
    do throws(NetlinkError) {
      try setAlias(alias, of: interface)
    } catch {
      try? delete(interface)
      throw error
    }
    return interface
  }

  /// A request of its own, for the kernel ignores the alias of an interface that is being made.
  private func setAlias(
    _ alias: String,
    of interface: NetworkInterface
  ) throws(NetlinkError) {
    let link = try RouteLink()
    unsafe rtnl_link_set_ifindex(link.raw, interface.index)
    unsafe rtnl_link_set_ifalias(link.raw, alias)
    let request = try unsafe NetlinkRequest { message in
      unsafe rtnl_link_build_add_request(link.raw, 0, &message)
    }
    _ = try socket.exchange(request, "set the alias of \(interface.name)")
  }

  /// Deletes an interface; throws EPERM or EOPNOTSUPP.
  public func delete(_ interface: NetworkInterface) throws(NetlinkError) {
    let link = try RouteLink()
    unsafe rtnl_link_set_ifindex(link.raw, interface.index)
    let request = try unsafe NetlinkRequest { message in
      unsafe rtnl_link_build_delete_request(link.raw, &message)
    }
    _ = try socket.exchange(request, "delete network interface \(interface.name)")
  }

  /// Gives an interface an IPv4 address, such as "198.18.0.1/32"; throws EEXIST, EPERM or EINVAL.
  public func addAddress(
    _ address: String,
    to interface: NetworkInterface
  ) throws(NetlinkError) {
    let action = "add address \(address) to \(interface.name)"
    var local: OpaquePointer?
    guard unsafe nl_addr_parse(address, AF_INET, &local) == 0, let local = unsafe local else {
      throw NetlinkError(action, code: .EINVAL)
    }
    defer { unsafe nl_addr_put(local) }
    guard let entry = unsafe rtnl_addr_alloc() else { throw NetlinkError(action, code: .ENOMEM) }
    defer { unsafe rtnl_addr_put(entry) }
    unsafe rtnl_addr_set_ifindex(entry, interface.index)
    guard unsafe rtnl_addr_set_local(entry, local) == 0 else {
      throw NetlinkError(action, code: .EINVAL)
    }
    let request = try unsafe NetlinkRequest { message in
      unsafe rtnl_addr_build_add_request(entry, NetlinkFlags.createExclusively, &message)
    }
    _ = try socket.exchange(request, action)
  }
}

/// A description of an interface that libnl-route turns into a message.
@safe
private struct RouteLink: ~Copyable {
  let raw: OpaquePointer

  init() throws(NetlinkError) {
    guard let link = unsafe rtnl_link_alloc() else {
      throw NetlinkError("describe a network interface", code: .ENOMEM)
    }
    unsafe raw = link
  }

  deinit { unsafe rtnl_link_put(raw) }
}
