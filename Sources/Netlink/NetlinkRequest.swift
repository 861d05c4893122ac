internal import CNetlink
import Glibc
import LinuxSystem

/// One message to the kernel, made attribute by attribute.
@safe
struct NetlinkRequest: ~Copyable {
  let raw: OpaquePointer

  /// Starts a message of `type`; throws ENOMEM.
  init(type: Int32, flags: Int32 = 0) throws(NetlinkError) {
    guard let message = unsafe nlmsg_alloc_simple(type, NLM_F_REQUEST | flags) else {
      throw NetlinkError("make a netlink message", code: .ENOMEM)
    }
    unsafe raw = message
  }

  /// Takes a message that libnl-route has built; throws EINVAL where it has built none.
  init(takingOver build: (inout OpaquePointer?) -> Int32) throws(NetlinkError) {
    var message: OpaquePointer?
    let result = unsafe build(&message)
    guard result >= 0, let message = unsafe message else {
      throw NetlinkError("make a netlink message", code: .EINVAL)
    }
    unsafe raw = message
  }

  /// Adds a number of 32 bits.
  func put(_ type: some BinaryInteger, _ value: UInt32) throws(NetlinkError) {
    try check(unsafe nla_put_u32(raw, Int32(type), value))
  }

  /// Adds a text.
  func put(_ type: some BinaryInteger, _ text: String) throws(NetlinkError) {
    try check(unsafe nla_put_string(raw, Int32(type), text))
  }

  private func check(_ result: Int32) throws(NetlinkError) {
    guard result >= 0 else { throw NetlinkError("make a netlink message", code: .ENOMEM) }
  }

  deinit { unsafe nlmsg_free(raw) }
}
