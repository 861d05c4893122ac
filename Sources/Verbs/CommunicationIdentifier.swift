internal import CVerbs
import Glibc
import LinuxSystem

/// An identifier of the connection manager (`rdma_cm_id`) with an event channel of its own.
@safe
struct CommunicationIdentifier: ~Copyable, Sendable {
  /// One event, copied so that it can be acknowledged at once.
  @safe
  struct Event: @unchecked Sendable {
    let kind: rdma_cm_event_type
    let status: Int32
    let identifier: UnsafeMutablePointer<rdma_cm_id>?
    let privateData: [UInt8]
  }

  nonisolated(unsafe) let raw: UnsafeMutablePointer<rdma_cm_id>
  private nonisolated(unsafe) let channel: UnsafeMutablePointer<rdma_event_channel>

  init() throws(VerbsError) {
    let channel = try unsafe CommunicationIdentifier.makeChannel()
    var identifier: UnsafeMutablePointer<rdma_cm_id>?
    let (result, code) = unsafe (
      rdma_create_id(channel, &identifier, nil, RDMA_PS_TCP), Errno.current
    )
    guard result == 0, let identifier = unsafe identifier else {
      unsafe rdma_destroy_event_channel(channel)
      throw VerbsError("rdma_create_id", code: code)
    }
    unsafe raw = identifier
    unsafe self.channel = channel
  }

  /// Takes over the identifier that a request for a connection brought.
  init(adopting identifier: UnsafeMutablePointer<rdma_cm_id>) throws(VerbsError) {
    let channel = try unsafe CommunicationIdentifier.makeChannel()
    let (result, code) = unsafe (rdma_migrate_id(identifier, channel), Errno.current)
    guard result == 0 else {
      _ = CMDescriptors.guarding { unsafe rdma_destroy_id(identifier) }
      unsafe rdma_destroy_event_channel(channel)
      throw VerbsError("rdma_migrate_id", code: code)
    }
    unsafe raw = identifier
    unsafe self.channel = channel
  }

  /// The device that the addresses lead to, once they are resolved.
  var deviceName: String? {
    guard let context = unsafe raw.pointee.verbs else { return nil }
    return unsafe String(cString: ibv_get_device_name(context.pointee.device))
  }

  /// Calls `body`, a function of librdmacm that may choose the device of this identifier.
  func choosing<Value>(_ body: () -> Value) -> Value {
    CMDescriptors.guarding {
      let value = body()
      unsafe CMDescriptors.note(raw.pointee.verbs)
      return value
    }
  }

  /// The local address, with the port that the kernel chose where none was asked for.
  var address: SocketAddress {
    unsafe SocketAddress(storage: raw.pointee.route.addr.src_storage)
  }

  /// The port of the device, from 1.
  var port: UInt8 { unsafe raw.pointee.port_num }

  /// Readable when there is an event.
  var descriptor: Int32 { unsafe channel.pointee.fd }

  /// The next event, or `nil` when `timeout` is over or the command is to stop.
  func next(within timeout: Duration) throws(VerbsError) -> Event? {
    guard try waitForEvent(within: timeout) else { return nil }
    var event: UnsafeMutablePointer<rdma_cm_event>?
    let (result, code) = CMDescriptors.guarding {
      let outcome = unsafe (rdma_get_cm_event(channel, &event), Errno.current)
      unsafe CMDescriptors.note(event?.pointee.id?.pointee.verbs)
      return outcome
    }
    guard result == 0, let event = unsafe event else {
      // Another thread has taken it.
      if code == .EAGAIN { return nil }
      throw VerbsError("rdma_get_cm_event", code: code)
    }
    defer { unsafe rdma_ack_cm_event(event) }
    let parameters = unsafe event.pointee.param.conn
    let data = unsafe UnsafeRawBufferPointer(
      start: parameters.private_data,
      count: parameters.private_data == nil ? 0 : Int(parameters.private_data_len)
    )
    return unsafe Event(
      kind: event.pointee.event,
      status: event.pointee.status,
      identifier: event.pointee.id,
      privateData: Array(data)
    )
  }

  /// Waits in parts, as a signal that comes just before `poll(2)` does not end it.
  private func waitForEvent(within timeout: Duration) throws(VerbsError) -> Bool {
    let deadline = ContinuousClock.now + timeout
    while true {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let rest = max(.zero, min(deadline - .now, .milliseconds(200)))
      let (ready, code) = unsafe (poll(&waiting, 1, rest.milliseconds), Errno.current)
      if ready > 0 { return true }
      guard ready == 0 || code == .EINTR else { throw VerbsError("poll", code: code) }
      if Interruption.isRequested || ContinuousClock.now >= deadline { return false }
    }
  }

  /// Waits for an event of `kind`; throws ETIMEDOUT without one, or what another event says went wrong.
  func expect(
    _ kind: rdma_cm_event_type,
    after verb: StaticString,
    within timeout: Duration
  ) throws(VerbsError) -> Event {
    guard let event = try next(within: timeout) else {
      throw VerbsError(verb.description, code: .ETIMEDOUT)
    }
    try event.check(kind, after: verb)
    return event
  }

  /// Brings `pair` into `state` with what the connection manager knows about the path.
  func move(_ pair: borrowing QueuePair, to state: ibv_qp_state) throws(VerbsError) {
    var attributes = ibv_qp_attr()
    attributes.qp_state = state
    var mask: Int32 = 0
    let (result, code) = unsafe (rdma_init_qp_attr(raw, &attributes, &mask), Errno.current)
    guard result == 0 else { throw VerbsError("rdma_init_qp_attr", code: code) }
    try pair.modify(&attributes, mask)
  }

  /// Takes `address`, and the device that has it if there is one (`rdma_bind_addr`).
  func bind(to address: SocketAddress) throws(VerbsError) {
    let (result, code) = choosing {
      unsafe (address.withPointer { unsafe rdma_bind_addr(raw, $0) }, Errno.current)
    }
    guard result == 0 else { throw VerbsError("rdma_bind_addr", code: code) }
  }

  /// Waits for peers (`rdma_listen`).
  func listen() throws(VerbsError) {
    let (result, code) = choosing { unsafe (rdma_listen(raw, 8), Errno.current) }
    guard result == 0 else { throw VerbsError("rdma_listen", code: code) }
  }

  /// Resolves `peer` to a local device and the way to it (`rdma_resolve_addr`, `rdma_resolve_route`).
  ///
  /// The address in turns of a second: the kernel misses a neighbour that answers before it waits for it, and looks
  /// again only when the time it was given is over.
  func resolve(_ peer: SocketAddress, within timeout: Duration) throws(VerbsError) {
    let deadline = ContinuousClock.now + timeout
    while true {
      let (resolved, code) = unsafe (
        peer.withPointer { unsafe rdma_resolve_addr(raw, nil, $0, 1000) }, Errno.current
      )
      guard resolved == 0 else { throw VerbsError("rdma_resolve_addr", code: code) }
      do throws(VerbsError) {
        _ = try expect(
          RDMA_CM_EVENT_ADDR_RESOLVED,
          after: "rdma_resolve_addr",
          within: max(timeout, .seconds(2))
        )
        break
      } catch {
        guard error.code == .ETIMEDOUT, ContinuousClock.now < deadline, !Interruption.isRequested
        else { throw error }
      }
    }
    let milliseconds = Int32(clamping: timeout.components.seconds * 1000)
    let (routed, code) = unsafe (rdma_resolve_route(raw, milliseconds), Errno.current)
    guard routed == 0 else { throw VerbsError("rdma_resolve_route", code: code) }
    _ = try expect(RDMA_CM_EVENT_ROUTE_RESOLVED, after: "rdma_resolve_route", within: timeout)
  }

  /// A queue pair of `domain` that takes receives, which `prepare` may post; its queues wake `channel`.
  func pair(
    in domain: ProtectionDomain,
    notifying channel: CompletionChannel?,
    _ prepare: (borrowing QueuePair) throws(VerbsError) -> Void
  ) throws(VerbsError) -> QueuePair {
    let pair = try QueuePair(in: domain, notifying: channel)
    try move(pair, to: IBV_QPS_INIT)
    try prepare(pair)
    return pair
  }

  /// Asks the peer for a connection with `pair`, and up to 56 bytes of `data` (`rdma_connect`).
  func connect(
    _ pair: borrowing QueuePair,
    _ data: [UInt8]
  ) throws(VerbsError) {
    let (result, code) = unsafe CommunicationIdentifier.withParameters(of: pair, data) {
      unsafe (rdma_connect(raw, $0), Errno.current)
    }
    guard result == 0 else { throw VerbsError("rdma_connect", code: code) }
  }

  /// Answers yes with `pair` and up to 56 bytes of `data` (`rdma_accept`).
  func accept(
    _ pair: borrowing QueuePair,
    _ data: [UInt8]
  ) throws(VerbsError) {
    // The states behind are the connection manager's own in iWARP.
    if !pair.domain.context.isIWARP {
      try move(pair, to: IBV_QPS_RTR)
      try move(pair, to: IBV_QPS_RTS)
    }
    let (result, code) = unsafe CommunicationIdentifier.withParameters(of: pair, data) {
      unsafe (rdma_accept(raw, $0), Errno.current)
    }
    guard result == 0 else { throw VerbsError("rdma_accept", code: code) }
  }

  /// Calls `body` with the parameters of a connection for `pair` and `data`, of up to 56 bytes.
  private static func withParameters<Value>(
    of pair: borrowing QueuePair,
    _ data: [UInt8],
    _ body: (UnsafeMutablePointer<rdma_conn_param>) -> Value
  ) -> Value {
    let number = pair.number
    return unsafe data.withUnsafeBytes { bytes in
      var parameters = unsafe rdma_conn_param()
      unsafe parameters.private_data = bytes.baseAddress
      unsafe parameters.private_data_len = UInt8(clamping: bytes.count)
      unsafe parameters.responder_resources = 1
      unsafe parameters.initiator_depth = 1
      unsafe parameters.retry_count = 7
      unsafe parameters.rnr_retry_count = 6
      unsafe parameters.qp_num = number
      return unsafe body(&parameters)
    }
  }

  private static func makeChannel() throws(VerbsError) -> UnsafeMutablePointer<rdma_event_channel> {
    cverbs_prepare()
    let (channel, code) = unsafe (rdma_create_event_channel(), Errno.current)
    guard let channel = unsafe channel else {
      throw VerbsError("rdma_create_event_channel", code: code)
    }
    // So that nobody waits inside of librdmacm, with its devices guarded.
    _ = unsafe fcntl(channel.pointee.fd, F_SETFL, O_NONBLOCK)
    return unsafe channel
  }

  deinit {
    let (result, code) = CMDescriptors.guarding { unsafe (rdma_destroy_id(raw), Errno.current) }
    ReleaseFailures.note("rdma_destroy_id", result == 0 ? nil : code)
    unsafe rdma_destroy_event_channel(channel)
  }
}

extension CommunicationIdentifier.Event {
  /// Whether no connection is left after it.
  var endsConnection: Bool {
    kind == RDMA_CM_EVENT_DISCONNECTED || kind == RDMA_CM_EVENT_TIMEWAIT_EXIT
      || kind == RDMA_CM_EVENT_CONNECT_ERROR || kind == RDMA_CM_EVENT_DEVICE_REMOVAL
      || kind == RDMA_CM_EVENT_UNREACHABLE || kind == RDMA_CM_EVENT_REJECTED
  }

  /// Throws what went wrong, ECONNREFUSED, EHOSTUNREACH, ECONNRESET, EPROTO or disassociated, unless the event is of `kind`.
  func check(_ kind: rdma_cm_event_type, after verb: StaticString) throws(VerbsError) {
    guard self.kind != kind else { return }
    if self.kind == RDMA_CM_EVENT_DEVICE_REMOVAL { throw .disassociated(verb.description) }
    let code: Errno =
      switch self.kind {
      case RDMA_CM_EVENT_REJECTED: .ECONNREFUSED
      case RDMA_CM_EVENT_UNREACHABLE: .EHOSTUNREACH
      case RDMA_CM_EVENT_DISCONNECTED: .ECONNRESET
      default: status < 0 ? Errno(rawValue: -status) : .EPROTO
      }
    throw VerbsError(verb.description, code: code)
  }
}
