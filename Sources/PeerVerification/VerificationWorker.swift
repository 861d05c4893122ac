import Diagnosis
import LinuxSystem
import Synchronization
import Verbs

/// One verification of a server on a thread of its own, over all its connections.
final class VerificationWorker: Sendable {
  let token: UInt64
  let context: DeviceContext
  private let limit: UInt64
  private let thread: WorkerThread
  private let waker: Waker
  private let next = Mutex<ConnectionRequest?>(nil)
  private let isStopped = Atomic<Bool>(false)
  private let isFinished = Atomic<Bool>(false)
  private let hasLost = Atomic<Bool>(false)

  /// How long a peer may be silent, in nanoseconds.
  private static let timeout: UInt64 = 30_000_000_000
  /// How long a peer may take to come back after a refusal has ended its connection, in nanoseconds.
  private static let returnTimeout: UInt64 = 5_000_000_000
  /// The same where the peer may as well have left for good.
  private static let farewellTimeout: UInt64 = 2_000_000_000

  /// Begins the verification with regions of at most `limit` bytes, and waits for its first connection.
  ///
  /// Throws EAGAIN, EMFILE or ENFILE at a limit on threads or files.
  init(token: UInt64, on context: DeviceContext, limit: UInt64) throws(SystemError) {
    self.token = token
    self.context = context
    self.limit = limit
    waker = try Waker()
    thread = try WorkerThread()
  }

  /// Whether it has ended, and `finish()` returns at once.
  var isOver: Bool { isFinished.load(ordering: .acquiring) }

  /// Whether its peer has disconnected, may be for good, and has not come back.
  var hasLostPeer: Bool { hasLost.load(ordering: .acquiring) }

  /// Gives it the next connection of its peer, in place of the one that it has.
  func take(_ request: consuming ConnectionRequest) {
    let slot = RequestSlot(request)
    next.withLock { $0 = slot.take() }
    waker.wake()
  }

  /// Starts it; `report` gets a line when it ends.
  func start(_ report: @escaping @Sendable (String) -> Void) {
    thread.begin { [self] in
      report("verification \(String(token, radix: 16)) ended, \(run())")
      isFinished.store(true, ordering: .releasing)
    }
  }

  /// Has it end soon.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    waker.wake()
  }

  /// Waits for its end.
  func finish() { thread.finish() }

  /// Serves one connection after the other; how it ended.
  private func run() -> String {
    let session: VerificationSession
    do {
      session = try VerificationSession(on: context, limit: limit)
    } catch {
      return VerificationWorker.describe(error)
    }
    var end = "its peer disconnected"
    var timeout = VerificationWorker.returnTimeout
    conversation: while let request = waitForRequest(within: timeout) {
      hasLost.store(false, ordering: .releasing)
      switch converse(session, request) {
      case .comesBack: timeout = VerificationWorker.returnTimeout
      case .mayComeBack:
        timeout = VerificationWorker.farewellTimeout
        hasLost.store(true, ordering: .releasing)
      case .isOver(let reason):
        end = reason
        break conversation
      }
    }
    if context.isDisassociated {
      end = "its device is being removed"
    } else if isStopped.load(ordering: .acquiring), !hasLostPeer {
      end = "interrupted"
    }
    return "\(end): \(session.requests) requests, \(session.refusals) refused"
  }

  private enum End {
    case comesBack
    case mayComeBack
    case isOver(String)
  }

  private func converse(_ session: VerificationSession, _ request: consuming ConnectionRequest)
    -> End
  {
    do {
      let channel = try open(request, in: session.domain)
      session.reconnected()
      while true {
        let data = try channel.receive(until: MonotonicClock.now + VerificationWorker.timeout)
        switch try session.serve(data, over: channel) {
        case .goesOn: continue
        case .connectionLost: return .comesBack
        case .isOver: return .isOver("complete")
        }
      }
    } catch VerificationLoss.stopped {
      // A transfer that is refused ends the connection; the peer comes back with the same token.
      return .comesBack
    } catch VerificationLoss.disconnected {
      // A pair that has refused a transfer says so to the peer first and stops later, on a thread of the kernel that may
      // wait for a processor for longer than the peer takes to leave; on iWARP it does not stop.
      return .mayComeBack
    } catch {
      return hasRequest ? .comesBack : .isOver(VerificationWorker.describe(error))
    }
  }

  private func open(
    _ request: consuming ConnectionRequest,
    in domain: ProtectionDomain
  ) throws -> VerificationChannel {
    let isObeyed = DeviceTraits(named: context.device.name).obeysAccess
    let answer = VerificationGreeting(isObeyed ? .accepted : .acceptedByLaxDriver, token: token)
      .bytes
    let buffers = try MessageBuffers(in: domain)
    let slot = RequestSlot(request)
    let connection = try PinTurn.take { () throws(VerbsError) -> Connection in
      guard let request = slot.take() else { throw VerbsError("rdma_accept", code: .EBADF) }
      return try request.accept(
        in: domain,
        data: answer,
        notifying: try CompletionChannel(on: context)
      ) { pair throws(VerbsError) in try buffers.post(to: pair) }
    }
    return VerificationChannel(over: connection, buffers, waker: waker.descriptor) { [self] in
      isStopped.load(ordering: .acquiring) || hasRequest
    }
  }

  private var hasRequest: Bool { next.withLock { $0 != nil } }

  private func waitForRequest(within timeout: UInt64) -> ConnectionRequest? {
    let deadline = MonotonicClock.now + timeout
    while !isStopped.load(ordering: .acquiring), !context.isDisassociated,
      MonotonicClock.now < deadline
    {
      waker.clear()
      if let request = next.withLock({ $0.take() }) { return request }
      waker.wait(milliseconds: 100)
    }
    return nil
  }

  private static func describe(_ error: any Error) -> String {
    switch error {
    case let error as WireError: "its peer sent \(error)"
    case VerificationLoss.unsent(let status): "its peer takes no messages (\(status))"
    case let error as VerbsError where error.code == .ETIMEDOUT: "its peer has been silent"
    case let error as VerbsError: "\(error.verb) failed: \(error.code)"
    case let error as SystemError: error.description
    default: "interrupted"
    }
  }
}

/// Carries a request into a closure that is called once.
private final class RequestSlot {
  private var request: ConnectionRequest?

  init(_ request: consuming ConnectionRequest) { self.request = consume request }

  func take() -> ConnectionRequest? { request.take() }
}
