internal import CVerbs
import Glibc
import HostMemory
import LinuxSystem

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
    return try unsafe post(&raw, request.gatherList)
  }

  /// Posts a receive into `slice` and returns its number; the bytes belong to the device until it completes.
  ///
  /// Unsafe for the reasons of `post(_:)`.
  @unsafe
  public func postReceive(_ slice: borrowing RegionSlice) throws(VerbsError) -> UInt64 {
    try postReceive(GatherList(slice.element, nil))
  }

  /// Posts a receive that fills `slice` and then `rest`, which may be of another region.
  ///
  /// Unsafe for the reasons of `post(_:)`.
  @unsafe
  public func postReceive(
    _ slice: borrowing RegionSlice,
    then rest: borrowing RegionSlice
  ) throws(VerbsError) -> UInt64 {
    try postReceive(GatherList(slice.element, rest.element))
  }

  private func postReceive(_ list: consuming GatherList) throws(VerbsError) -> UInt64 {
    let pair = try unsafe live(for: "ibv_post_recv")
    let id = nextID()
    let code = try unsafe list.lend { elements, count throws(VerbsError) in
      var request = unsafe ibv_recv_wr(wr_id: id, next: nil, sg_list: elements, num_sge: count)
      var refused: UnsafeMutablePointer<ibv_recv_wr>?
      return unsafe abs(ibv_post_recv(pair, &request, &refused))
    }
    try domain.context.check("ibv_post_recv", code)
    return id
  }

  func post(
    _ request: inout ibv_send_wr,
    _ list: consuming GatherList
  ) throws(VerbsError) -> UInt64 {
    try unsafe list.lend { elements, count throws(VerbsError) in
      unsafe request.sg_list = elements
      unsafe request.num_sge = count
      return try unsafe post(&request)
    }
  }

  func post(_ request: inout ibv_send_wr) throws(VerbsError) -> UInt64 {
    let pair = try unsafe live(for: "ibv_post_send")
    let id = nextID()
    unsafe request.wr_id = id
    var refused: UnsafeMutablePointer<ibv_send_wr>?
    // libsiw answers with the kernel's sign.
    let code = unsafe abs(ibv_post_send(pair, &request, &refused))
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
    if try completion(of: id, within: .seconds(5)) == nil { abandon() }
    throw VerbsError("ibv_poll_cq", code: .ETIMEDOUT)
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
