internal import CVerbs
import Glibc
import LinuxSystem

/// A connection by address between two queue pairs of one process (`librdmacm`), for transports that take no other.
///
/// Going out of scope ends it.
struct LoopbackConnection: ~Copyable, Sendable {
  private static let timeout = Duration.seconds(10)

  private let active: CommunicationIdentifier
  private var isEnded = false
  private let passive: CommunicationIdentifier

  /// Connects `requester`, which sends first, to `responder` over an address of their device.
  ///
  /// Throws EADDRNOTAVAIL where the device's interface has none, or what librdmacm leaves.
  init(
    from requester: borrowing QueuePair,
    to responder: borrowing QueuePair
  ) throws(VerbsError) {
    let timeout = LoopbackConnection.timeout
    let listener = try LoopbackConnection.listener(on: requester.domain.context.device.name)
    let active = try CommunicationIdentifier()
    try active.resolve(listener.address, within: timeout)
    try active.connect(requester, [])
    let request = try listener.expect(
      RDMA_CM_EVENT_CONNECT_REQUEST,
      after: "rdma_listen",
      within: timeout
    )
    guard let asked = unsafe request.identifier else {
      throw VerbsError("rdma_listen", code: .EPROTO)
    }
    let passive = try unsafe CommunicationIdentifier(adopting: asked)
    try passive.accept(responder, [])
    _ = try active.expect(RDMA_CM_EVENT_ESTABLISHED, after: "rdma_connect", within: timeout)
    _ = try passive.expect(RDMA_CM_EVENT_ESTABLISHED, after: "rdma_accept", within: timeout)
    self.active = active
    self.passive = passive
  }

  /// Whether either side has ended it, as far as the connection manager's events tell.
  mutating func hasEnded() throws(VerbsError) -> Bool {
    if let event = try active.next(within: .zero) { isEnded = isEnded || event.endsConnection }
    if let event = try passive.next(within: .zero) { isEnded = isEnded || event.endsConnection }
    return isEnded
  }

  /// An identifier that listens on a free port of the device of this name.
  private static func listener(
    on device: String
  ) throws(VerbsError) -> CommunicationIdentifier {
    for address in try SocketAddress.ofInterfaces() {
      let identifier = try CommunicationIdentifier()
      try identifier.bind(to: address)
      guard identifier.deviceName == device else { continue }
      try identifier.listen()
      return identifier
    }
    throw VerbsError("rdma_bind_addr", code: .EADDRNOTAVAIL)
  }
}
