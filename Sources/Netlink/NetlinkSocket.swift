internal import CNetlink
import Glibc
import LinuxSystem

/// A connection to one netlink family of the kernel, for requests one after the other.
@safe
struct NetlinkSocket: ~Copyable {
  /// The families that memreg speaks.
  enum Family: Int32 {
    case route = 0
    case rdma = 20
  }

  private let raw: OpaquePointer

  /// Connects; throws EPROTONOSUPPORT where the kernel has no such family (no RDMA, or not loaded).
  init(_ family: Family) throws(NetlinkError) {
    guard let socket = unsafe nl_socket_alloc() else {
      throw NetlinkError("open a netlink socket", code: .ENOMEM)
    }
    let (result, code) = unsafe (nl_connect(socket, family.rawValue), Errno.current)
    guard result == 0 else {
      unsafe nl_socket_free(socket)
      throw NetlinkError("open a netlink socket (\(family))", code: code)
    }
    // Dumps of many resources come in messages larger than a page.
    unsafe nl_socket_enable_msg_peek(socket)
    unsafe raw = socket
  }

  deinit { unsafe nl_socket_free(raw) }

  /// Sends `request` and collects the payloads of the answers until the kernel ends them.
  ///
  /// Throws the errno of the kernel's answer.
  func exchange(
    _ request: borrowing NetlinkRequest,
    _ action: @autoclosure () -> String
  ) throws(NetlinkError) -> [[UInt8]] {
    let (sent, code) = unsafe (nl_send_auto(raw, request.raw), Errno.current)
    guard sent >= 0 else { throw NetlinkError(action(), code: code) }
    let header = unsafe nlmsg_hdr(request.raw).pointee
    var answer = NetlinkAnswer(sequence: header.nlmsg_seq)
    while answer.state == .incomplete {
      var sender = sockaddr_nl()
      var content: UnsafeMutablePointer<UInt8>?
      let (count, code) = unsafe (nl_recv(raw, &sender, &content, nil), Errno.current)
      defer { unsafe free(content) }
      guard count > 0, let content = unsafe content else {
        throw NetlinkError(action(), code: count == 0 ? .EPIPE : code)
      }
      unsafe answer.take(UnsafeRawBufferPointer(start: content, count: Int(count)))
    }
    if let code = answer.code { throw NetlinkError(action(), code: code) }
    return answer.payloads
  }
}
