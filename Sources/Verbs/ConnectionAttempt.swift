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
    try identifier.resolve(peer, within: timeout)
    guard let name = identifier.deviceName else {
      throw VerbsError("rdma_resolve_addr", code: .ENODEV)
    }
    deviceName = name
    self.identifier = identifier
  }

  /// Asks the peer for a connection with a queue pair of `domain`, and up to 56 bytes of `data` (`rdma_connect`).
  ///
  /// `prepare` may post receives to the pair, whose queues wake `channel`.
  public consuming func request(
    in domain: ProtectionDomain,
    data: [UInt8] = [],
    notifying channel: CompletionChannel? = nil,
    prepare: (borrowing QueuePair) throws(VerbsError) -> Void = { _ in }
  ) throws(VerbsError) -> Connection {
    let pair = try identifier.pair(in: domain, notifying: channel, prepare)
    try identifier.connect(pair, data)
    return Connection(identifier, pair, peerData: [])
  }
}
