internal import CVerbs
import Glibc
import Synchronization

/// A reliable-connected queue pair (`ibv_create_qp`) with two completion queues of its own.
///
/// Destroyed once, by `destroy()` or when it goes out of scope; after that no request of it touches memory.
@safe
public struct QueuePair: ~Copyable, Sendable {
  /// Requests that may be outstanding in each direction.
  public static let depth: UInt32 = 64

  /// The domain that requests and keys must belong to.
  public let domain: ProtectionDomain
  /// Where requests end that were posted to the send queue.
  public let sendCompletions: CompletionQueue
  /// Where receives end.
  public let receiveCompletions: CompletionQueue
  /// The device's number for the pair (`qp_num`).
  public let number: UInt32
  private nonisolated(unsafe) var raw: UnsafeMutablePointer<ibv_qp>?
  private let lastID = Atomic<UInt64>(0)
  private let isGone = Atomic<Bool>(false)

  /// Creates a pair in the reset state; throws what `ibv_create_cq` or `ibv_create_qp` leaves.
  public init(in domain: ProtectionDomain) throws(VerbsError) {
    let entries = Int32(QueuePair.depth)
    let context = domain.context
    let sends = try CompletionQueue(on: context, entries: entries)
    let receives = try CompletionQueue(on: context, entries: entries)
    var attributes = unsafe ibv_qp_init_attr()
    unsafe attributes.qp_type = IBV_QPT_RC
    unsafe attributes.send_cq = sends.raw
    unsafe attributes.recv_cq = receives.raw
    unsafe attributes.cap.max_send_wr = QueuePair.depth
    unsafe attributes.cap.max_recv_wr = QueuePair.depth
    unsafe attributes.cap.max_send_sge = 1
    unsafe attributes.cap.max_recv_sge = 1
    let (pair, code) = unsafe QueueMappings.recording(for: context) {
      unsafe (ibv_create_qp(domain.raw, &attributes), errno)
    }
    guard let pair = unsafe pair else { throw context.failure("ibv_create_qp", code) }
    self.domain = domain
    sendCompletions = sends
    receiveCompletions = receives
    number = unsafe pair.pointee.qp_num
    unsafe raw = pair
  }

  /// Destroys the pair; throws EBUSY while something still uses it.
  public consuming func destroy() throws(VerbsError) {
    guard let pair = unsafe raw.take(), !isGone.load(ordering: .acquiring) else { return }
    let code = QueueMappings.ending { unsafe ibv_destroy_qp(pair) }
    try domain.context.checkRelease("ibv_destroy_qp", code)
  }

  deinit {
    guard let pair = unsafe raw, !isGone.load(ordering: .acquiring) else { return }
    let code = QueueMappings.ending { unsafe ibv_destroy_qp(pair) }
    domain.context.noteRelease("ibv_destroy_qp", code)
  }

  /// The pair, or EBADF after it had to be destroyed because a request would not end.
  var live: UnsafeMutablePointer<ibv_qp> {
    get throws(VerbsError) {
      guard let pair = unsafe raw, !isGone.load(ordering: .acquiring) else {
        throw VerbsError("queue pair", code: EBADF)
      }
      return unsafe pair
    }
  }

  /// A number for a request that no other request of this pair has.
  func nextID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Destroys the pair ahead of its time, which keeps the device off all memory of its requests.
  func abandon() throws(VerbsError) {
    let pair = try unsafe live
    isGone.store(true, ordering: .releasing)
    let code = QueueMappings.ending { unsafe ibv_destroy_qp(pair) }
    domain.context.noteRelease("ibv_destroy_qp", code)
  }
}
