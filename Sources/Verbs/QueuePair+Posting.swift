internal import CVerbs
import Glibc
import HostMemory

extension QueuePair {
  /// Posts `request` and waits for its end, so that its region is borrowed until the device is done with it.
  ///
  /// Completions of requests posted earlier are dropped. A request that has not ended within `timeout` is
  /// flushed by moving the pair to the error state, and ETIMEDOUT thrown.
  public func perform(
    _ request: borrowing WorkRequest,
    within timeout: Duration = .seconds(30)
  ) throws(VerbsError) -> WorkCompletion {
    let id = try unsafe post(request)
    return try finish(id, within: timeout)
  }

  /// Posts `request` and returns its number while the device works on it.
  ///
  /// Unsafe: the caller answers for the region staying registered, and the bytes unused, until the completion
  /// with this number comes. Throws ENOMEM when the queue is full, EINVAL in a state that cannot send.
  @unsafe
  public func post(_ request: borrowing WorkRequest) throws(VerbsError) -> UInt64 {
    var raw = unsafe request.raw
    var element = ibv_sge(
      addr: request.local.range.start,
      length: UInt32(request.local.range.length),
      lkey: request.local.lkey
    )
    return try unsafe withUnsafeMutablePointer(to: &element) { element throws(VerbsError) in
      unsafe raw.sg_list = element
      unsafe raw.num_sge = 1
      return try unsafe post(&raw)
    }
  }

  /// Posts a receive into `slice` and returns its number; the bytes belong to the device until it completes.
  ///
  /// Unsafe for the reasons of `post(_:)`.
  @unsafe
  public func postReceive(_ slice: borrowing RegionSlice) throws(VerbsError) -> UInt64 {
    let pair = try unsafe live
    let id = nextID()
    var element = ibv_sge(
      addr: slice.range.start,
      length: UInt32(slice.range.length),
      lkey: slice.lkey
    )
    let code = unsafe withUnsafeMutablePointer(to: &element) { element in
      var request = unsafe ibv_recv_wr(wr_id: id, next: nil, sg_list: element, num_sge: 1)
      var refused: UnsafeMutablePointer<ibv_recv_wr>?
      return unsafe ibv_post_recv(pair, &request, &refused)
    }
    try domain.context.check("ibv_post_recv", code)
    return id
  }

  func post(_ request: inout ibv_send_wr) throws(VerbsError) -> UInt64 {
    let pair = try unsafe live
    let id = nextID()
    unsafe request.wr_id = id
    var refused: UnsafeMutablePointer<ibv_send_wr>?
    let code = unsafe ibv_post_send(pair, &request, &refused)
    try domain.context.check("ibv_post_send", code)
    return id
  }

  func finish(
    _ id: UInt64,
    within timeout: Duration
  ) throws(VerbsError) -> WorkCompletion {
    if let completion = try completion(of: id, within: timeout) { return completion }
    try enterError()
    // Once the borrow has ended nothing short of this keeps the device off the bytes.
    if try completion(of: id, within: .seconds(5)) == nil { try abandon() }
    throw VerbsError("ibv_poll_cq", code: ETIMEDOUT)
  }

  private func completion(
    of id: UInt64,
    within timeout: Duration
  ) throws(VerbsError) -> WorkCompletion? {
    let deadline = ContinuousClock.now + timeout
    repeat {
      guard let next = try sendCompletions.next(within: deadline - .now) else { return nil }
      if next.id == id { return next }
    } while true
  }
}
