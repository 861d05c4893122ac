internal import CVerbs

/// How a work request ended (`enum ibv_wc_status`).
public struct CompletionStatus: RawRepresentable, Hashable, Sendable {
  /// The number of `enum ibv_wc_status`.
  public let rawValue: UInt32

  /// Takes any number, as newer kernels may know more.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The request did what it asked for (`IBV_WC_SUCCESS`).
  public static let success = CompletionStatus(rawValue: 0)
  /// The local buffer and the message do not fit (`IBV_WC_LOC_LEN_ERR`).
  public static let localLength = CompletionStatus(rawValue: 1)
  /// The queue pair could not do the request (`IBV_WC_LOC_QP_OP_ERR`).
  public static let localOperation = CompletionStatus(rawValue: 2)
  /// The local region does not allow it (`IBV_WC_LOC_PROT_ERR`).
  public static let localProtection = CompletionStatus(rawValue: 4)
  /// The queue pair was in error before the request began (`IBV_WC_WR_FLUSH_ERR`).
  public static let flushed = CompletionStatus(rawValue: 5)
  /// A memory window could not be bound (`IBV_WC_MW_BIND_ERR`).
  public static let windowBind = CompletionStatus(rawValue: 6)
  /// The peer found the request invalid (`IBV_WC_REM_INV_REQ_ERR`).
  public static let remoteInvalidRequest = CompletionStatus(rawValue: 9)
  /// The peer's key, range or access does not allow it (`IBV_WC_REM_ACCESS_ERR`).
  public static let remoteAccess = CompletionStatus(rawValue: 10)
  /// The peer failed to do the request (`IBV_WC_REM_OP_ERR`).
  public static let remoteOperation = CompletionStatus(rawValue: 11)
  /// The peer does not answer (`IBV_WC_RETRY_EXC_ERR`).
  public static let retryExceeded = CompletionStatus(rawValue: 12)
  /// The peer has posted no receive (`IBV_WC_RNR_RETRY_EXC_ERR`).
  public static let receiverNotReady = CompletionStatus(rawValue: 13)

  private static let names = [
    "IBV_WC_SUCCESS", "IBV_WC_LOC_LEN_ERR", "IBV_WC_LOC_QP_OP_ERR", "IBV_WC_LOC_EEC_OP_ERR",
    "IBV_WC_LOC_PROT_ERR", "IBV_WC_WR_FLUSH_ERR", "IBV_WC_MW_BIND_ERR", "IBV_WC_BAD_RESP_ERR",
    "IBV_WC_LOC_ACCESS_ERR", "IBV_WC_REM_INV_REQ_ERR", "IBV_WC_REM_ACCESS_ERR",
    "IBV_WC_REM_OP_ERR", "IBV_WC_RETRY_EXC_ERR", "IBV_WC_RNR_RETRY_EXC_ERR",
    "IBV_WC_LOC_RDD_VIOL_ERR", "IBV_WC_REM_INV_RD_REQ_ERR", "IBV_WC_REM_ABORT_ERR",
    "IBV_WC_INV_EECN_ERR", "IBV_WC_INV_EEC_STATE_ERR", "IBV_WC_FATAL_ERR",
    "IBV_WC_RESP_TIMEOUT_ERR", "IBV_WC_GENERAL_ERR",
  ]
}

extension CompletionStatus: CustomStringConvertible {
  /// The C name, "IBV_WC_REM_ACCESS_ERR"; "IBV_WC_N" for a number without one here.
  public var description: String {
    rawValue < CompletionStatus.names.count
      ? CompletionStatus.names[Int(rawValue)] : "IBV_WC_\(rawValue)"
  }
}
