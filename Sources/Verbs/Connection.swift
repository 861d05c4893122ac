internal import CVerbs
import Glibc
import LinuxSystem

/// A connection made by address (`librdmacm`); going out of scope disconnects.
public struct Connection: ~Copyable, Sendable {
  /// The pair that carries the requests.
  public let queuePair: QueuePair
  /// The bytes the peer sent along, padded with zeroes by the transport. Not to be trusted.
  public private(set) var peerData: [UInt8]
  private let identifier: CommunicationIdentifier
  /// Readable when the connection manager has an event.
  var managerDescriptor: Int32 { identifier.descriptor }

  init(
    _ identifier: consuming CommunicationIdentifier,
    _ pair: consuming QueuePair,
    peerData: [UInt8]
  ) {
    self.identifier = identifier
    queuePair = pair
    self.peerData = peerData
  }

  /// Completes the side that asked: takes the peer's answer and confirms it (`rdma_establish`).
  ///
  /// Throws ECONNREFUSED where the peer rejects, with what it sent in `peerData`, EHOSTUNREACH or ETIMEDOUT where it
  /// does not answer.
  public mutating func finish(within timeout: Duration) throws(VerbsError) {
    guard let answer = try identifier.next(within: timeout) else {
      throw VerbsError("rdma_connect", code: .ETIMEDOUT)
    }
    peerData = answer.privateData
    // iWARP has no third message: the answer is the end of it.
    if queuePair.domain.context.isIWARP {
      return try answer.check(RDMA_CM_EVENT_ESTABLISHED, after: "rdma_connect")
    }
    try answer.check(RDMA_CM_EVENT_CONNECT_RESPONSE, after: "rdma_connect")
    // Again, as only now the connection manager knows what the peer may do through the pair.
    try identifier.move(queuePair, to: IBV_QPS_INIT)
    try identifier.move(queuePair, to: IBV_QPS_RTR)
    try identifier.move(queuePair, to: IBV_QPS_RTS)
    let (result, code) = unsafe (rdma_establish(identifier.raw), Errno.current)
    guard result == 0 else { throw VerbsError("rdma_establish", code: code) }
  }

  /// Waits on the side that accepted until the peer has confirmed; throws ETIMEDOUT or ECONNRESET.
  public func waitUntilEstablished(within timeout: Duration) throws(VerbsError) {
    _ = try identifier.expect(
      RDMA_CM_EVENT_ESTABLISHED,
      after: "rdma_accept",
      within: timeout
    )
  }

  /// Whether the peer has ended the connection, as far as events of the connection manager tell; throws a
  /// disassociated error when the device is being removed.
  public func isDisconnected(within timeout: Duration) throws(VerbsError) -> Bool {
    guard let event = try identifier.next(within: timeout) else { return false }
    if event.kind == RDMA_CM_EVENT_DEVICE_REMOVAL { throw .disassociated("rdma_disconnect") }
    return event.endsConnection
  }

  /// Ends the connection on both sides (`rdma_disconnect`).
  public consuming func disconnect() throws(VerbsError) {
    let (result, code) = unsafe (rdma_disconnect(identifier.raw), Errno.current)
    guard result == 0 else { throw VerbsError("rdma_disconnect", code: code) }
  }
}
