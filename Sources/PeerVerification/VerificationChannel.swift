import HostMemory
import LinuxSystem
import Verbs

/// A connection with room for the messages of a verification; releasing it disconnects.
///
/// Every wait of it ends at a deadline, at an interruption and at the end of the connection.
final class VerificationChannel {
  // The order in which they are released: the pair must be gone before the memory that its receives fill.
  private let connection: Connection
  private var turn: PinTurn?
  private let buffers: MessageBuffers
  private let waker: Int32
  private let isInterrupted: () -> Bool
  private var isEnded = false
  /// When to write nothing to a peer that has not been heard yet.
  private var nudges: [UInt64] = []

  /// How long a peer may take for a transfer or to take a message, in nanoseconds.
  static let timeout: UInt64 = 10_000_000_000
  /// How long requests may take to end when the connection has, in nanoseconds.
  private static let endTimeout: UInt64 = 1_000_000_000
  /// How often a wait looks whether it is interrupted, in nanoseconds.
  private static let step: UInt64 = 100_000_000

  /// Uses `connection`, whose pair has a completion channel and the receives of `buffers`.
  ///
  /// `waker` becomes readable when `isInterrupted` may have changed. `speaksFirst` is for the side that asked for it: siw
  /// on the other misses what arrives before it has turned its socket over to the pair, right behind its answer
  /// (`siw_accept()`), until more arrives.
  init(
    over connection: consuming Connection,
    _ buffers: MessageBuffers,
    waker: Int32 = -1,
    speaksFirst: Bool = false,
    isInterrupted: @escaping () -> Bool
  ) {
    if speaksFirst, connection.queuePair.domain.context.isIWARP {
      nudges = [1, 2, 4, 8, 16].map { MonotonicClock.now + $0 * VerificationChannel.step }
    }
    self.connection = connection
    self.buffers = buffers
    self.waker = waker
    self.isInterrupted = isInterrupted
  }

  /// Sends `message`; throws `VerificationLoss` if the peer does not take it.
  func send(_ message: VerificationMessage) throws { try send(message.bytes) }

  /// Sends `bytes`, at most as many as a message has.
  func send(_ bytes: [UInt8]) throws {
    let status: CompletionStatus
    do throws(VerbsError) {
      status = try buffers.withMessage(bytes) { range, region throws(VerbsError) in
        try perform(.send(try region.slice(range)))
      }
    } catch {
      guard error.code == .ETIMEDOUT else { throw error }
      throw VerificationLoss.unsent(.receiverNotReady)
    }
    // On iWARP a peer that has taken a message, answered and left may end the connection under its sender.
    let isOnItsWay = status == .localOperation && connection.queuePair.domain.context.isIWARP
    guard status == .success || isOnItsWay else {
      throw status == .flushed ? VerificationLoss.disconnected : .unsent(status)
    }
  }

  /// The bytes of the next message.
  ///
  /// Throws `VerificationLoss` when the connection has ended, `WireError` for a message that is longer than any, ETIMEDOUT
  /// after `deadline`, and ECANCELED when interrupted.
  func receive(until deadline: UInt64) throws -> [UInt8] {
    while true {
      // What came before the end is still there.
      if let bytes = try taken() { return bytes }
      try connection.queuePair.armCompletions()
      if let bytes = try taken() { return bytes }
      if isEnded { throw VerificationLoss.disconnected }
      try wait(until: deadline)
    }
  }

  private func taken() throws -> [UInt8]? {
    let bytes = try buffers.take(from: connection.queuePair)
    if bytes != nil { nudges = [] }
    return bytes
  }

  func read(
    into range: AddressRange,
    of region: borrowing MemoryRegion,
    from remote: RemoteMemory
  ) throws(VerbsError) -> CompletionStatus {
    let status = try perform(.read(try region.slice(range), from: remote))
    if status == .success { nudges = [] }
    return status
  }

  func write(
    from range: AddressRange,
    of region: borrowing MemoryRegion,
    to remote: RemoteMemory
  ) throws(VerbsError) -> CompletionStatus {
    try perform(.write(try region.slice(range), to: remote))
  }

  func fetchAdd(
    _ value: UInt64,
    into range: AddressRange,
    of region: borrowing MemoryRegion,
    at remote: RemoteMemory
  ) throws(VerbsError) -> CompletionStatus {
    try perform(.fetchAdd(try region.slice(range), to: remote, adding: value))
  }

  private func perform(_ request: borrowing WorkRequest) throws(VerbsError) -> CompletionStatus {
    var deadline = MonotonicClock.now + VerificationChannel.timeout
    var isStopped = false
    do throws(VerbsError) {
      return try connection.queuePair
        .perform(request) { () throws(VerbsError) in
          guard isEnded, !isStopped else { return try wait(until: deadline) }
          // What is outstanding ends now, unless it has by the refusal that the peer left for.
          isStopped = true
          deadline = min(deadline, MonotonicClock.now + VerificationChannel.endTimeout)
          try connection.queuePair.enterError()
        }
        .status
    } catch {
      // A pair of siw that has ended with its connection refuses requests, or takes them and never ends them.
      let isRefused = error.verb == "ibv_post_send"
      if isRefused, !isEnded {
        isEnded = try connection.isDisconnected(
          within: .nanoseconds(Int64(VerificationChannel.endTimeout))
        )
      }
      guard isEnded, isRefused || error.code == .ETIMEDOUT else { throw error }
      return .flushed
    }
  }

  /// Sleeps until something may have happened; throws ETIMEDOUT after `deadline`, ECANCELED when interrupted.
  private func wait(until deadline: UInt64) throws(VerbsError) {
    if isInterrupted() { throw VerbsError("ibv_get_cq_event", code: .ECANCELED) }
    let now = MonotonicClock.now
    guard now < deadline else { throw VerbsError("ibv_get_cq_event", code: .ETIMEDOUT) }
    if let next = nudges.first, now >= next {
      nudges.removeFirst()
      try buffers.writeNothing(through: connection.queuePair)
    }
    let time = min(deadline - now, VerificationChannel.step)
    try connection.wait(within: .nanoseconds(Int64(time)), waker: waker)
    if try connection.isDisconnected(within: .zero) { isEnded = true }
  }

  // Queues may be pinned as well.
  deinit { turn = PinTurn() }
}
