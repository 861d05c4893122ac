internal import CVerbs
import Glibc

extension QueuePair {
  /// Connects to the pair `peer` behind `address` through reset, INIT, RTR and RTS (`ibv_modify_qp`).
  ///
  /// Also brings a pair back that an error has stopped. Both pairs of a connection must do this. `rights` are what the
  /// peer may do through this one, by default all that keys allow it.
  public func connect(
    from address: PortAddress,
    to peer: UInt32,
    behind remote: PortAddress,
    allowing rights: AccessFlags = QueuePair.access
  ) throws(VerbsError) {
    try reset()
    var attributes = ibv_qp_attr()
    attributes.qp_state = IBV_QPS_INIT
    attributes.port_num = address.port
    attributes.qp_access_flags = rights.rawValue
    try modify(
      &attributes,
      [IBV_QP_STATE, IBV_QP_PKEY_INDEX, IBV_QP_PORT, IBV_QP_ACCESS_FLAGS]
    )
    attributes = ibv_qp_attr()
    attributes.qp_state = IBV_QPS_RTR
    attributes.path_mtu = PortAddress.code(ofMTU: min(address.mtu, remote.mtu))
    attributes.dest_qp_num = peer
    attributes.max_dest_rd_atomic = 1
    attributes.min_rnr_timer = 12
    attributes.ah_attr = remote.path(from: address)
    try modify(
      &attributes,
      [
        IBV_QP_STATE, IBV_QP_AV, IBV_QP_PATH_MTU, IBV_QP_DEST_QPN, IBV_QP_RQ_PSN,
        IBV_QP_MAX_DEST_RD_ATOMIC, IBV_QP_MIN_RNR_TIMER,
      ]
    )
    attributes = ibv_qp_attr()
    attributes.qp_state = IBV_QPS_RTS
    attributes.timeout = 14
    attributes.retry_cnt = 7
    attributes.rnr_retry = 6
    attributes.max_rd_atomic = 1
    try modify(
      &attributes,
      [
        IBV_QP_STATE, IBV_QP_TIMEOUT, IBV_QP_RETRY_CNT, IBV_QP_RNR_RETRY, IBV_QP_SQ_PSN,
        IBV_QP_MAX_QP_RD_ATOMIC,
      ]
    )
  }

  /// Stops the pair: what is outstanding ends as flushed (`IBV_QPS_ERR`).
  public func enterError() throws(VerbsError) {
    var attributes = ibv_qp_attr()
    attributes.qp_state = IBV_QPS_ERR
    try modify(&attributes, [IBV_QP_STATE])
  }

  /// What a peer may do through the pair, as far as keys allow it.
  public static var access: AccessFlags { [.localWrite, .remoteRead, .remoteWrite, .remoteAtomic] }

  func modify(
    _ attributes: inout ibv_qp_attr,
    _ fields: [ibv_qp_attr_mask]
  ) throws(VerbsError) {
    try modify(&attributes, fields.reduce(0) { $0 | Int32($1.rawValue) })
  }

  func modify(_ attributes: inout ibv_qp_attr, _ mask: Int32) throws(VerbsError) {
    let pair = try unsafe live(for: "ibv_modify_qp")
    try domain.context.check("ibv_modify_qp", unsafe ibv_modify_qp(pair, &attributes, mask))
  }

  /// Forgets requests and completions of an earlier connection.
  private func reset() throws(VerbsError) {
    var attributes = ibv_qp_attr()
    // Twice, as a responder of rxe that has sent its refusal still goes into error, maybe just after the first.
    for _ in 0..<2 {
      attributes.qp_state = IBV_QPS_RESET
      try modify(&attributes, [IBV_QP_STATE])
    }
    try forgetCompletions()
  }
}
