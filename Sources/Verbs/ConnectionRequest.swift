internal import CVerbs
import Glibc
import LinuxSystem

/// A peer that asks for a connection; going out of scope without an answer lets it time out.
public struct ConnectionRequest: ~Copyable, Sendable {
  /// The bytes the peer sent along, padded with zeroes by the transport. Not to be trusted.
  public let data: [UInt8]
  private let identifier: CommunicationIdentifier

  init(_ identifier: consuming CommunicationIdentifier, data: [UInt8]) {
    self.identifier = identifier
    self.data = data
  }

  /// The local device the request came through.
  public var deviceName: String? { identifier.deviceName }

  /// Answers yes with a queue pair of `domain` and up to 56 bytes of `data` (`rdma_accept`).
  ///
  /// `prepare` may post receives to the pair, whose queues wake `channel`. The connection carries data once `Connection.finish` has returned on the other side.
  public consuming func accept(
    in domain: ProtectionDomain,
    data: [UInt8] = [],
    notifying channel: CompletionChannel? = nil,
    prepare: (borrowing QueuePair) throws(VerbsError) -> Void = { _ in }
  ) throws(VerbsError) -> Connection {
    let pair = try identifier.pair(in: domain, notifying: channel, prepare)
    try identifier.accept(pair, data)
    return Connection(identifier, pair, peerData: self.data)
  }

  /// Answers no, with up to 56 bytes of `data` (`rdma_reject`).
  public consuming func reject(data: [UInt8] = []) throws(VerbsError) {
    let (result, code) = unsafe data.withUnsafeBytes {
      unsafe (rdma_reject(identifier.raw, $0.baseAddress, UInt8(clamping: $0.count)), Errno.current)
    }
    guard result == 0 else { throw VerbsError("rdma_reject", code: code) }
  }
}
