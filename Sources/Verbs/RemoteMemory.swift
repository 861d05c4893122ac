/// Memory of a peer as it named it: an address and a key, which the peer's device checks and nobody before.
public struct RemoteMemory: Hashable, Sendable {
  /// The first byte's address (iova) at the peer.
  public var address: UInt64
  /// The key of the peer's region or window.
  public var rkey: UInt32

  /// Names the peer's memory from `address` on.
  public init(address: UInt64, rkey: UInt32) {
    self.address = address
    self.rkey = rkey
  }
}
