internal import CVerbs
import Glibc
import LinuxSystem

/// The active side of a connection before it stands: the peer's address is resolved to a local device.
public struct ConnectionAttempt: ~Copyable, Sendable {
  private let identifier: CommunicationIdentifier
  /// The local device that leads to the peer.
  public let deviceName: String

  /// Resolves `peer` (`rdma_resolve_addr`, `rdma_resolve_route`); throws ENODEV, EHOSTUNREACH or ETIMEDOUT.
  public init(to peer: SocketAddress, within timeout: Duration) throws(VerbsError) {
    let identifier = try CommunicationIdentifier()
    let milliseconds = Int32(clamping: timeout.components.seconds * 1000)
    try ConnectionAttempt.resolve(peer, by: identifier, within: timeout)
    let (routed, routeCode) = unsafe (
      rdma_resolve_route(identifier.raw, milliseconds), Errno.current
    )
    guard routed == 0 else { throw VerbsError("rdma_resolve_route", code: routeCode) }
    _ = try identifier.expect(
      RDMA_CM_EVENT_ROUTE_RESOLVED,
      after: "rdma_resolve_route",
      within: timeout
    )
    guard let name = identifier.deviceName else {
      throw VerbsError("rdma_resolve_addr", code: .ENODEV)
    }
    deviceName = name
    self.identifier = identifier
  }

  /// Resolves the address in turns of a second: the kernel misses a neighbour that answers before it waits for it,
  /// and looks again only when the time it was given is over.
  private static func resolve(
    _ peer: SocketAddress,
    by identifier: borrowing CommunicationIdentifier,
    within timeout: Duration
  ) throws(VerbsError) {
    let deadline = ContinuousClock.now + timeout
    while true {
      let (resolved, code) = unsafe (
        peer.withPointer { unsafe rdma_resolve_addr(identifier.raw, nil, $0, 1000) }, Errno.current
      )
      guard resolved == 0 else { throw VerbsError("rdma_resolve_addr", code: code) }
      do throws(VerbsError) {
        _ = try identifier.expect(
          RDMA_CM_EVENT_ADDR_RESOLVED,
          after: "rdma_resolve_addr",
          within: max(timeout, .seconds(2))
        )
        return
      } catch {
        guard error.code == .ETIMEDOUT, ContinuousClock.now < deadline else { throw error }
      }
    }
  }

  /// Asks the peer for a connection with a queue pair of `domain`, and up to 56 bytes of `data` (`rdma_connect`).
  public consuming func request(
    in domain: ProtectionDomain,
    data: [UInt8] = []
  ) throws(VerbsError) -> Connection {
    let pair = try QueuePair(in: domain)
    try identifier.move(pair, to: IBV_QPS_INIT)
    let (result, code) = unsafe CommunicationIdentifier.withParameters(of: pair, data) {
      unsafe (rdma_connect(identifier.raw, $0), Errno.current)
    }
    guard result == 0 else { throw VerbsError("rdma_connect", code: code) }
    return Connection(identifier, pair, peerData: [])
  }
}
