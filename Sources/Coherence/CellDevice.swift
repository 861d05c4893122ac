import Fixtures
package import HostMemory
import LinuxSystem
package import Verbs

/// The device's side of an experiment: what RDMA READ sees and RDMA WRITE reaches through a key.
package struct CellDevice: ~Copyable {
  /// How a request ended, with the bytes it brought.
  package struct Answer {
    package let status: CompletionStatus
    package let bytes: [UInt8]
  }

  package static let scratchPages: UInt64 = 4

  /// Base pages that a device in `domain` charges.
  package static func chargedPages(in domain: ProtectionDomain) -> Int {
    Int(scratchPages) * (domain.context.isIWARP ? 2 : 1)
  }

  package let domain: ProtectionDomain
  package let pair: LoopbackPair
  private let scratch: HostBuffer
  private let scratchRegion: MemoryRegion
  /// The scratch memory once more, for reads that come back behind what was sent, where the peer does not answer.
  private let echoRegion: MemoryRegion?

  /// Connects both sides in `domain`; `local` is what the region on the requesting side allows.
  package init(
    in domain: ProtectionDomain,
    local: AccessFlags = .localWrite,
    withAtomicWrite: Bool = false,
    rights: AccessFlags = QueuePair.access
  ) throws {
    let pair = try LoopbackPair(in: domain, withAtomicWrite: withAtomicWrite, rights: rights)
    let length = CellDevice.scratchPages * UInt64(BasePage.size)
    let scratch = try HostBuffer(.anonymous, length: length)
    try scratch.populate()
    let scratchRegion = try MemoryRegion(in: domain, range: scratch.range, access: local)
    echoRegion =
      domain.context.isIWARP
      ? try MemoryRegion(in: domain, range: scratch.range, access: [.localWrite, .remoteRead])
      : nil
    self.domain = domain
    self.pair = pair
    self.scratch = scratch
    self.scratchRegion = scratchRegion
  }

  /// Whether the peer's verdict reaches the requester: iWARP ends the connection and says no more, and calls a write or
  /// a send complete once it is on its way.
  package var tellsReasons: Bool { !domain.context.isIWARP }

  /// Whether a send or a write can carry 32 bits of its own, which iWARP knows nothing of.
  package var carriesImmediates: Bool { !domain.context.isIWARP }

  /// The payload of one packet in bytes.
  package var pathMTU: UInt32 { pair.pathMTU }

  /// Reads `count` bytes into the requesting side's memory, `offset` bytes from its start.
  package func read(
    _ address: UInt64,
    key: UInt32,
    count: Int = ProbePattern.length,
    at offset: Int = 0
  ) throws -> Answer {
    let slice = try scratchRegion.slice(local(offset, count))
    let remote = RemoteMemory(address: address, rkey: key)
    let status = try settle(try pair.requester.perform(.read(slice, from: remote)))
    return Answer(status: status, bytes: copy(offset, count))
  }

  package func write(
    _ bytes: [UInt8],
    to address: UInt64,
    key: UInt32,
    at offset: Int = 0
  ) throws -> CompletionStatus {
    put(bytes, at: offset)
    let slice = try scratchRegion.slice(local(offset, bytes.count))
    let remote = RemoteMemory(address: address, rkey: key)
    return try settle(sent: pair.requester.perform(.write(slice, to: remote)))
  }

  /// Reads into local addresses that `lkey` names, rightly or not; the scratch memory's own where it is nil.
  package func read(
    _ remote: RemoteMemory,
    into place: AddressRange,
    lkey: UInt32? = nil
  ) throws -> CompletionStatus {
    let slice = RegionSlice(unchecked: place, lkey: lkey, of: scratchRegion)
    return try settle(pair.requester.perform(.read(slice, from: remote)))
  }

  /// Writes from local addresses that `lkey` names, rightly or not.
  package func write(
    _ place: AddressRange,
    lkey: UInt32? = nil,
    to remote: RemoteMemory
  ) throws -> CompletionStatus {
    let slice = RegionSlice(unchecked: place, lkey: lkey, of: scratchRegion)
    return try settle(sent: pair.requester.perform(.write(slice, to: remote)))
  }

  /// The scratch memory and the key of its region.
  package var scratchRange: AddressRange { scratchRegion.range }
  package var scratchKey: UInt32 { scratchRegion.lkey }

  /// Adds to 8 bytes of the peer; the bytes of the answer are what they were.
  package func fetchAdd(_ value: UInt64, to address: UInt64, key: UInt32) throws -> Answer {
    let slice = try scratchRegion.slice(local(0, 8))
    let remote = RemoteMemory(address: address, rkey: key)
    let end = try pair.requester.perform(.fetchAdd(slice, to: remote, adding: value))
    return Answer(status: try settle(end), bytes: copy(0, 8))
  }

  /// Puts `swap` in place of `compare`; the bytes of the answer are what was there.
  package func compareSwap(
    _ compare: UInt64,
    _ swap: UInt64,
    at address: UInt64,
    key: UInt32
  ) throws -> Answer {
    let slice = try scratchRegion.slice(local(0, 8))
    let remote = RemoteMemory(address: address, rkey: key)
    let end = try pair.requester.perform(
      .compareSwap(slice, at: remote, compare: compare, swap: swap)
    )
    return Answer(status: try settle(end), bytes: copy(0, 8))
  }

  /// Writes 8 bytes of the peer as one.
  package func atomicWrite(_ value: UInt64, to address: UInt64, key: UInt32) throws
    -> CompletionStatus
  {
    let remote = RemoteMemory(address: address, rkey: key)
    return try settle(try pair.requester.atomicWrite(value, to: remote))
  }

  /// Sends `bytes` into a receive of `range`; how both ended, with the immediate value that arrived.
  package func send(
    _ bytes: [UInt8],
    into range: AddressRange,
    of region: borrowing MemoryRegion,
    immediate: UInt32? = nil
  ) throws -> (sent: CompletionStatus, received: WorkCompletion?) {
    put(bytes, at: 0)
    let room = try region.slice(range)
    _ = try unsafe pair.responder.postReceive(room)
    let slice = try scratchRegion.slice(local(0, bytes.count))
    let end = try pair.requester.perform(.send(slice, immediate: immediate))
    let received = try pair.responder.receiveCompletions.next(within: .seconds(10))
    return (try settle(sent: end), received)
  }

  /// Sends `bytes` to nobody who waits for them.
  package func sendUnreceived(_ bytes: [UInt8]) throws -> CompletionStatus {
    put(bytes, at: 0)
    let slice = try scratchRegion.slice(local(0, bytes.count))
    return try settle(sent: pair.requester.perform(.send(slice)))
  }

  /// Sends 8 bytes that revoke `key`, a window of the receiving side, which needs `room` for them.
  package func send(
    revoking key: UInt32,
    into room: AddressRange,
    of region: borrowing MemoryRegion
  ) throws -> WorkCompletion? {
    let receive = try region.slice(room)
    _ = try unsafe pair.responder.postReceive(receive)
    let slice = try scratchRegion.slice(local(0, 8))
    let end = try pair.requester.perform(.send(slice, invalidating: key))
    let received = try pair.responder.receiveCompletions.next(within: .seconds(10))
    _ = try settle(sent: end)
    return received
  }

  /// How the receive ends of a send that revokes `key`, `nil` where it does not; the requester may learn nothing of it.
  package func receiveStatus(
    revoking key: UInt32,
    into room: AddressRange,
    of region: borrowing MemoryRegion
  ) throws -> CompletionStatus? {
    let receive = try region.slice(room)
    _ = try unsafe pair.responder.postReceive(receive)
    let slice = try scratchRegion.slice(local(0, 8))
    _ = try unsafe pair.requester.post(.send(slice, invalidating: key))
    let received = try pair.responder.receiveCompletions.next(within: .seconds(10))
    // Forgets the send, which a responder of rxe that has refused the key leaves without an answer.
    try pair.reconnect()
    return received.map { seen($0.status) }
  }

  /// Binds a window over `range` of `region`, all of it by default, on the side that owns the memory.
  @discardableResult
  package func bind(
    _ window: inout MemoryWindow,
    to region: borrowing MemoryRegion,
    range: AddressRange? = nil,
    access: AccessFlags = [.remoteRead, .remoteWrite],
    inWayOf way: MemoryWindow.Kind? = nil
  ) throws -> CompletionStatus {
    let end = try pair.responder.bind(
      &window,
      to: range ?? region.range,
      of: region,
      access: access,
      inWayOf: way
    )
    return try settle(end)
  }

  /// Takes a window's key back on the side that owns the memory.
  package func unbind(
    _ window: inout MemoryWindow,
    of region: borrowing MemoryRegion
  ) throws -> CompletionStatus {
    try settle(try pair.responder.unbind(&window, of: region))
  }

  private func local(_ offset: Int, _ count: Int) -> AddressRange {
    AddressRange(start: scratch.range.start + UInt64(offset), length: UInt64(count))
  }

  private func copy(_ offset: Int, _ count: Int) -> [UInt8] {
    let bytes = unsafe scratch.withUnsafeBytes { unsafe Array($0[offset..<offset + count]) }
    return Sabotage.active == .wrongBytes ? bytes.map { $0 ^ 0x80 } : bytes
  }

  private func put(_ bytes: [UInt8], at offset: Int) {
    unsafe scratch.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(rebasing: $0[offset...]).copyBytes(from: bytes)
    }
  }

  /// How a write or a send has ended at the peer, which settles it.
  package func settle(sent completion: WorkCompletion) throws -> CompletionStatus {
    guard try isRefused(sent: completion) else { return try settle(completion) }
    try pair.reconnect()
    return seen(.remoteAccess)
  }

  // The peer of iWARP refuses by what it has seen of a request, so that the connection may end under the rest of it.
  private func isRefused(sent completion: WorkCompletion) throws -> Bool {
    switch echoRegion {
    case .none: return false
    case .some(let region):
      guard completion.status == .success else { return completion.status == .localOperation }
      let last = AddressRange(start: scratch.range.end - 1, length: 1)
      let remote = RemoteMemory(address: last.start, rkey: region.rkey)
      return try !pair.isTaken(awaiting: region.slice(last), from: remote)
    }
  }

  /// An error stops both queue pairs; the next request needs a connection that works.
  package func settle(_ completion: WorkCompletion) throws -> CompletionStatus {
    if completion.status != .success { try pair.reconnect() }
    // What a peer has refused is flushed with the connection.
    let isRefused = !tellsReasons && completion.status == .flushed
    return seen(isRefused ? .remoteAccess : completion.status)
  }

  /// A status as the experiments see it.
  private func seen(_ status: CompletionStatus) -> CompletionStatus {
    guard Sabotage.active == .wrongErrno else { return status }
    return status == .success ? .remoteAccess : .success
  }
}
