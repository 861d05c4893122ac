internal import CVerbs

/// An unreliable-datagram queue pair (`IBV_QPT_UD`): sends to any other of its fabric, and is ready when it is made.
public struct DatagramQueuePair: ~Copyable, Sendable {
  /// Bytes that every receive needs before those of the datagram, for its global routing header.
  public static let headerLength: UInt64 = 40
  /// What sender and receiver must agree on (`qkey`); without the bit that takes privileges.
  private static let key: UInt32 = 0x6d72_6567

  private let pair: QueuePair

  /// The device's number for the pair (`qp_num`).
  public var number: UInt32 { pair.number }
  /// Where receives end; a datagram that finds none is lost.
  public var receiveCompletions: CompletionQueue { pair.receiveCompletions }

  /// Creates a pair on the port of `address` and readies it; throws if `ibv_create_qp_ex(3)` or `ibv_modify_qp(3)` fails.
  public init(in domain: ProtectionDomain, on address: PortAddress) throws(VerbsError) {
    let pair = try QueuePair(in: domain, IBV_QPT_UD)
    var attributes = ibv_qp_attr()
    attributes.qp_state = IBV_QPS_INIT
    attributes.port_num = address.port
    attributes.qkey = DatagramQueuePair.key
    try pair.modify(
      &attributes,
      [IBV_QP_STATE, IBV_QP_PKEY_INDEX, IBV_QP_PORT, IBV_QP_QKEY]
    )
    attributes.qp_state = IBV_QPS_RTR
    try pair.modify(&attributes, [IBV_QP_STATE])
    attributes.qp_state = IBV_QPS_RTS
    try pair.modify(&attributes, [IBV_QP_STATE, IBV_QP_SQ_PSN])
    self.pair = pair
  }

  /// Sends `local`, which must fit one packet, to the pair `number` behind `handle`; waits until it is sent.
  ///
  /// That tells nothing of its arrival. Errors are those of `QueuePair.perform(_:within:)`.
  public func send(
    _ local: RegionSlice,
    to number: UInt32,
    behind handle: borrowing AddressHandle
  ) throws(VerbsError) -> WorkCompletion {
    let request = WorkRequest.send(local)
    var raw = unsafe request.raw
    unsafe raw.wr.ud = .init(
      ah: handle.raw,
      remote_qpn: number,
      remote_qkey: DatagramQueuePair.key
    )
    return try pair.finish(unsafe pair.post(&raw, request.gatherList), within: .seconds(30))
  }

  /// Posts a receive of `header`, which takes at least `headerLength` bytes, and of the datagram behind it in `room`.
  ///
  /// Unsafe for the reasons of `QueuePair.post(_:)`.
  @unsafe
  public func postReceive(
    _ header: borrowing RegionSlice,
    then room: borrowing RegionSlice
  ) throws(VerbsError) -> UInt64 {
    try unsafe pair.postReceive(header, then: room)
  }

  /// Posts a receive of header and datagram into `slice`; unsafe for the reasons of `QueuePair.post(_:)`.
  @unsafe
  public func postReceive(_ slice: borrowing RegionSlice) throws(VerbsError) -> UInt64 {
    try unsafe pair.postReceive(slice)
  }
}
