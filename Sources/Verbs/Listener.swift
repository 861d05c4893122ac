internal import CVerbs
import Glibc
import LinuxSystem

/// A port on which peers ask for connections (`rdma_listen`).
public struct Listener: ~Copyable, Sendable {
  private let identifier: CommunicationIdentifier
  /// The port in use, chosen by the kernel where 0 was asked for.
  public let port: UInt16
  /// The device whose address it listens on, `nil` where it listens on all.
  public var deviceName: String? { identifier.deviceName }

  /// Listens on `address`; throws EADDRINUSE, EADDRNOTAVAIL, or ENODEV where no RDMA device has the address.
  public init(on address: SocketAddress) throws(VerbsError) {
    let identifier = try CommunicationIdentifier()
    try identifier.bind(to: address)
    try identifier.listen()
    port = UInt16(bigEndian: unsafe rdma_get_src_port(identifier.raw))
    self.identifier = identifier
  }

  /// The next request of a peer, or `nil` when `timeout` is over or a signal came; throws a disassociated error when
  /// the device that it listens on is being removed.
  public func next(within timeout: Duration) throws(VerbsError) -> ConnectionRequest? {
    guard let event = try identifier.next(within: timeout) else { return nil }
    if event.kind == RDMA_CM_EVENT_DEVICE_REMOVAL { throw .disassociated("rdma_listen") }
    guard event.kind == RDMA_CM_EVENT_CONNECT_REQUEST, let raw = unsafe event.identifier else {
      throw VerbsError("rdma_listen", code: .EPROTO)
    }
    return ConnectionRequest(
      try unsafe CommunicationIdentifier(adopting: raw),
      data: event.privateData
    )
  }
}
