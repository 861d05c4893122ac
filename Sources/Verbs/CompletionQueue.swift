internal import CVerbs
import Glibc
import LinuxSystem

/// A completion queue (`ibv_create_cq`); destroyed when the last queue pair on it is gone.
@safe
public final class CompletionQueue: Sendable {
  /// The device, kept open by the queue.
  public let context: DeviceContext
  nonisolated(unsafe) let raw: UnsafeMutablePointer<ibv_cq>
  /// What the queue wakes when it has been armed.
  let channel: CompletionChannel?

  /// Creates a queue of at least `entries` completions; throws EINVAL beyond the device's `max_cqe`, or ENOMEM.
  public init(
    on context: DeviceContext,
    entries: Int32,
    notifying channel: CompletionChannel? = nil
  ) throws(VerbsError) {
    let (queue, code) = unsafe QueueMappings.recording(for: context) {
      unsafe (ibv_create_cq(context.raw, entries, nil, channel?.raw, 0), Errno.current)
    }
    guard let queue = unsafe queue else { try context.fail("ibv_create_cq", code) }
    self.context = context
    self.channel = channel
    unsafe raw = queue
  }

  /// Takes one completion if there is one (`ibv_poll_cq`); allocates nothing and does not wait.
  ///
  /// Throws a disassociated error when the device is gone.
  public func poll() throws(VerbsError) -> WorkCompletion? {
    var completion = ibv_wc()
    let count = unsafe ibv_poll_cq(raw, 1, &completion)
    guard count >= 0 else { try context.fail("ibv_poll_cq", .EIO) }
    // A queue whose pages were taken away looks empty for ever.
    if count == 0 && context.isDisassociated { throw .disassociated("ibv_poll_cq") }
    return count == 0 ? nil : WorkCompletion(completion)
  }

  /// Polls until a completion comes or `timeout` is over, which gives `nil`; yields the CPU between polls.
  public func next(within timeout: Duration) throws(VerbsError) -> WorkCompletion? {
    if let completion = try poll() { return completion }
    let deadline = ContinuousClock.now + timeout
    while ContinuousClock.now < deadline {
      if let completion = try poll() { return completion }
      sched_yield()
    }
    return try poll()
  }

  /// Has the next completion wake the channel (`ibv_req_notify_cq`).
  func arm() throws(VerbsError) {
    try context.check("ibv_req_notify_cq", unsafe ibv_req_notify_cq(raw, 0))
  }

  deinit {
    let code = QueueMappings.ending { unsafe ibv_destroy_cq(raw) }
    context.noteRelease("ibv_destroy_cq", code)
  }
}
