import Glibc
import LinuxSystem
import Synchronization

/// Two queue pairs of one process connected to each other, so that the device reads and writes this process's memory.
public struct LoopbackPair: ~Copyable, Sendable {
  /// The side that posts requests.
  public let requester: QueuePair
  /// The side whose memory they name.
  public let responder: QueuePair
  /// The payload of one packet in bytes; a longer message takes several.
  public let pathMTU: UInt32
  /// Where the port is, unless connections are made by address.
  private let address: PortAddress?
  private let rights: AccessFlags
  private let connection: Mutex<LoopbackConnection?>

  /// Makes and connects both pairs in `domain` over its device's first port; throws if a verb fails.
  ///
  /// A requester that shall write atomically takes what `QueuePair.init` says. `rights` are what the responder lets the
  /// requester do at most; a connection by address has its own.
  public init(
    in domain: ProtectionDomain,
    withAtomicWrite: Bool = false,
    rights: AccessFlags = QueuePair.access
  ) throws(VerbsError) {
    let context = domain.context
    let address = context.isIWARP ? nil : try PortAddress(of: context)
    let mtu = try context.port(1).activeMTU
    let requester = try QueuePair(in: domain, withAtomicWrite: withAtomicWrite)
    let responder = try QueuePair(in: domain)
    connection = Mutex(try LoopbackPair.connect(requester, responder, address, rights))
    pathMTU = mtu
    self.address = address
    self.rights = rights
    self.requester = requester
    self.responder = responder
  }

  /// Connects both sides anew, which a request that ended in error makes necessary.
  public func reconnect() throws(VerbsError) {
    if address == nil {
      connection.withLock { $0 = nil }
      try requester.renew()
      try responder.renew()
    }
    try connection.withLock { current throws(VerbsError) in
      current = try LoopbackPair.connect(requester, responder, address, rights)
    }
  }

  /// Whether the responder has taken all that the requester has sent, for transports that call a request complete once it
  /// is on its way: a read of `remote` into `place` comes back only behind it.
  ///
  /// A read of no bytes would do, but siw answers one that waits behind another with that one's length, and the
  /// connection ends: `siw_activate_tx()` leaves the length as it was.
  public func isTaken(
    awaiting place: borrowing RegionSlice,
    from remote: RemoteMemory
  ) throws(VerbsError) -> Bool {
    let id: UInt64
    do throws(VerbsError) {
      id = try unsafe requester.post(.read(place, from: remote))
    } catch {
      // The connection has ended before.
      return false
    }
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      while let completion = try requester.sendCompletions.poll() {
        if completion.id == id { return completion.status == .success }
      }
      // A pair that has stopped drops what is posted to it, and no completion tells.
      if try connection.withLock({ current throws(VerbsError) in try current?.hasEnded() ?? false })
      {
        return false
      }
      usleep(100)
    }
    throw VerbsError("ibv_poll_cq", code: .ETIMEDOUT)
  }

  /// Connects two new pairs, or stopped ones where the port has an address; what keeps a connection by address.
  private static func connect(
    _ requester: borrowing QueuePair,
    _ responder: borrowing QueuePair,
    _ address: PortAddress?,
    _ rights: AccessFlags
  ) throws(VerbsError) -> LoopbackConnection? {
    guard let address else { return try LoopbackConnection(from: requester, to: responder) }
    try requester.connect(from: address, to: responder.number, behind: address)
    try responder.connect(
      from: address,
      to: requester.number,
      behind: address,
      allowing: rights
    )
    return nil
  }
}
