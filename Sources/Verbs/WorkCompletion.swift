internal import CVerbs

/// The end of one work request (`struct ibv_wc`).
public struct WorkCompletion: Equatable, Sendable {
  /// The number the request was posted with.
  public let id: UInt64
  /// How it ended; every other field but `id` and `queuePair` is meaningless unless this is `.success`.
  public let status: CompletionStatus
  /// Bytes received, read or exchanged by an atomic.
  public let byteCount: UInt32
  /// The 32 bits that came with a send or write, in this host's byte order.
  public let immediate: UInt32?
  /// The key that the peer's send has revoked.
  public let invalidatedKey: UInt32?
  /// The number of the queue pair the request was posted to.
  public let queuePair: UInt32

  init(_ completion: ibv_wc) {
    id = completion.wr_id
    status = CompletionStatus(rawValue: completion.status.rawValue)
    byteCount = completion.byte_len
    let flags = completion.wc_flags
    immediate =
      flags & IBV_WC_WITH_IMM.rawValue != 0 ? UInt32(bigEndian: completion.imm_data) : nil
    invalidatedKey = flags & IBV_WC_WITH_INV.rawValue != 0 ? completion.invalidated_rkey : nil
    queuePair = completion.qp_num
  }
}
