internal import CVerbs
import Glibc
import LinuxSystem
import Synchronization

/// A reliable-connected queue pair (`ibv_create_qp_ex`) with two completion queues of its own.
///
/// Destroyed once, by `destroy()` or when it goes out of scope; after that no request of it touches memory.
@safe
public struct QueuePair: ~Copyable, Sendable {
  /// Requests that may be outstanding in each direction.
  public static let depth: UInt32 = 64
  /// Entries that a gather or scatter list may have.
  static let entries: UInt32 = 2

  /// The domain that requests and keys must belong to.
  public let domain: ProtectionDomain
  /// Where requests end that were posted to the send queue.
  public let sendCompletions: CompletionQueue
  /// Where receives end.
  public let receiveCompletions: CompletionQueue
  /// The device's number for the pair (`qp_num`).
  public var number: UInt32 { lastNumber.load(ordering: .acquiring) }
  private let type: ibv_qp_type
  private let operations: UInt64
  private nonisolated(unsafe) let raw: Atomic<UnsafeMutablePointer<ibv_qp>?>
  private let lastNumber: Atomic<UInt32>
  private let lastID = Atomic<UInt64>(0)

  /// Creates a pair in the reset state; throws if `ibv_create_cq(3)` or `ibv_create_qp_ex(3)` fails.
  ///
  /// One that shall write atomically takes a driver with the extended way of posting (EOPNOTSUPP). Both of its queues
  /// wake `channel`.
  public init(
    in domain: ProtectionDomain,
    withAtomicWrite: Bool = false,
    notifying channel: CompletionChannel? = nil
  ) throws(VerbsError) {
    let operations = withAtomicWrite ? UInt64(IBV_QP_EX_WITH_ATOMIC_WRITE.rawValue) : 0
    try self.init(in: domain, IBV_QPT_RC, operations, notifying: channel)
  }

  /// Creates a pair of any type; `operations` are those of `ibv_wr_*`, without which it has but `ibv_post_send`.
  init(
    in domain: ProtectionDomain,
    _ type: ibv_qp_type,
    _ operations: UInt64 = 0,
    notifying channel: CompletionChannel? = nil
  ) throws(VerbsError) {
    let (context, entries) = (domain.context, Int32(QueuePair.depth))
    let sends = try CompletionQueue(on: context, entries: entries, notifying: channel)
    let receives = try CompletionQueue(on: context, entries: entries, notifying: channel)
    let pair = try unsafe QueuePair.create(in: domain, type, operations, sends, receives)
    self.domain = domain
    self.type = type
    self.operations = operations
    sendCompletions = sends
    receiveCompletions = receives
    lastNumber = unsafe Atomic(pair.pointee.qp_num)
    unsafe raw = Atomic(pair)
  }

  private static func create(
    in domain: ProtectionDomain,
    _ type: ibv_qp_type,
    _ operations: UInt64,
    _ sends: CompletionQueue,
    _ receives: CompletionQueue
  ) throws(VerbsError) -> UnsafeMutablePointer<ibv_qp> {
    let context = domain.context
    var attributes = unsafe ibv_qp_init_attr_ex()
    unsafe attributes.qp_type = type
    unsafe attributes.pd = domain.raw
    unsafe attributes.comp_mask = IBV_QP_INIT_ATTR_PD.rawValue
    if operations != 0 {
      unsafe attributes.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS.rawValue
      unsafe attributes.send_ops_flags = operations
    }
    unsafe attributes.send_cq = sends.raw
    unsafe attributes.recv_cq = receives.raw
    unsafe attributes.cap.max_send_wr = QueuePair.depth
    unsafe attributes.cap.max_recv_wr = QueuePair.depth
    unsafe attributes.cap.max_send_sge = QueuePair.entries
    unsafe attributes.cap.max_recv_sge = QueuePair.entries
    let (pair, code) = unsafe QueueMappings.recording(for: context) {
      unsafe (ibv_create_qp_ex(context.raw, &attributes), Errno.current)
    }
    guard let pair = unsafe pair else { try context.fail("ibv_create_qp_ex", code) }
    return unsafe pair
  }

  /// Destroys the pair; throws EBUSY while something still uses it.
  public consuming func destroy() throws(VerbsError) {
    try domain.context.checkRelease("ibv_destroy_qp", end())
  }

  deinit { domain.context.noteRelease("ibv_destroy_qp", end()) }

  /// Destroys the pair if it has not been yet; the errno of that, or 0.
  private func end() -> Int32 {
    guard let pair = unsafe raw.exchange(nil, ordering: .acquiringAndReleasing) else { return 0 }
    return QueueMappings.ending { unsafe ibv_destroy_qp(pair) }
  }

  /// The pair for `verb`, or EBADF after it had to be destroyed because a request would not end.
  func live(for verb: StaticString) throws(VerbsError) -> UnsafeMutablePointer<ibv_qp> {
    guard let pair = unsafe raw.load(ordering: .acquiring) else {
      throw VerbsError(verb.description, code: .EBADF)
    }
    return unsafe pair
  }

  /// A number for a request that no other request of this pair has.
  func nextID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Destroys the pair ahead of its time, which keeps the device off all memory of its requests.
  func abandon() { domain.context.noteRelease("ibv_destroy_qp", end()) }

  /// Puts a new pair in the reset state in place of this one, for transports whose pairs serve one connection only.
  ///
  /// What was outstanding is forgotten, and so are completions that nobody has taken.
  func renew() throws(VerbsError) {
    try domain.context.checkRelease("ibv_destroy_qp", end())
    try forgetCompletions()
    let pair = try unsafe QueuePair.create(
      in: domain,
      type,
      operations,
      sendCompletions,
      receiveCompletions
    )
    unsafe lastNumber.store(pair.pointee.qp_num, ordering: .releasing)
    unsafe raw.store(pair, ordering: .releasing)
  }

  /// Takes what an earlier connection has left in the completion queues.
  func forgetCompletions() throws(VerbsError) {
    while try sendCompletions.poll() != nil {}
    while try receiveCompletions.poll() != nil {}
  }
}
