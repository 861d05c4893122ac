import Glibc
import LinuxSystem

extension Connection {
  /// Sleeps until a completion has come since `armCompletions()`, the connection manager has an event, `waker` is
  /// readable or `timeout` is over.
  ///
  /// For a pair with a completion channel; throws a disassociated error when the device is being removed.
  public func wait(within timeout: Duration, waker: Int32 = -1) throws(VerbsError) {
    let channel = queuePair.receiveCompletions.channel
    var waiting = [channel?.descriptor ?? -1, managerDescriptor, waker]
      .map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    _ = unsafe poll(&waiting, nfds_t(waiting.count), timeout.milliseconds)
    channel?.acknowledge()
    if queuePair.domain.context.isDisassociated { throw .disassociated("ibv_get_cq_event") }
  }
}

extension QueuePair {
  /// Has the next completion of either queue wake `Connection.wait`; completions that are there already do not
  /// (`ibv_req_notify_cq`).
  public func armCompletions() throws(VerbsError) {
    try sendCompletions.arm()
    try receiveCompletions.arm()
  }

  /// Posts `request` and calls `wait` until it has ended, so that its region is borrowed until the device is done with it.
  ///
  /// Completions of requests posted earlier are dropped. The pair is destroyed if `wait` throws: nothing less keeps the
  /// device off the bytes.
  public func perform(
    _ request: borrowing WorkRequest,
    waiting wait: () throws(VerbsError) -> Void
  ) throws(VerbsError) -> WorkCompletion {
    let id = try unsafe post(request)
    do throws(VerbsError) {
      while true {
        if let completion = try taken(id) { return completion }
        try armCompletions()
        if let completion = try taken(id) { return completion }
        try wait()
      }
    } catch {
      abandon()
      throw error
    }
  }

  private func taken(_ id: UInt64) throws(VerbsError) -> WorkCompletion? {
    while let completion = try sendCompletions.poll() {
      if completion.id == id { return completion }
    }
    return nil
  }
}

extension Duration {
  /// Whole milliseconds, for `poll(2)`; at least 0.
  var milliseconds: Int32 {
    let (seconds, attoseconds) = components
    return Int32(clamping: max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
  }
}
