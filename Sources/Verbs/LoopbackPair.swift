/// Two queue pairs of one process connected to each other, so that the device reads and writes this process's memory.
public struct LoopbackPair: ~Copyable, Sendable {
  /// The side that posts requests.
  public let requester: QueuePair
  /// The side whose memory they name.
  public let responder: QueuePair
  private let address: PortAddress

  /// The payload of one packet in bytes; a longer message takes several.
  public var pathMTU: UInt32 { address.mtu }

  /// Makes and connects both pairs in `domain` over its device's first port; throws what the verbs leave.
  ///
  /// A requester that shall write atomically takes what `QueuePair.init` says.
  public init(
    in domain: ProtectionDomain,
    withAtomicWrite: Bool = false
  ) throws(VerbsError) {
    let address = try PortAddress(of: domain.context)
    let requester = try QueuePair(in: domain, withAtomicWrite: withAtomicWrite)
    let responder = try QueuePair(in: domain)
    try requester.connect(from: address, to: responder.number, behind: address)
    try responder.connect(from: address, to: requester.number, behind: address)
    self.address = address
    self.requester = requester
    self.responder = responder
  }

  /// Connects both sides anew, which a request that ended in error makes necessary.
  public func reconnect() throws(VerbsError) {
    try requester.connect(from: address, to: responder.number, behind: address)
    try responder.connect(from: address, to: requester.number, behind: address)
  }
}
