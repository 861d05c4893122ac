/// What a cache has done and holds.
public struct CacheStatistics: Equatable, Sendable {
  /// Requests served by a region that was there.
  public var hits: UInt64 = 0
  /// Requests that registered memory.
  public var misses: UInt64 = 0
  /// Misses whose region replaced overlapping ones.
  public var merges: UInt64 = 0
  /// Misses whose region is not kept: unwatchable memory, no room, or memory that kept changing.
  public var uncached: UInt64 = 0
  /// Regions that went to make room.
  public var evictions: UInt64 = 0
  /// Regions that went because their memory changed.
  public var invalidations: UInt64 = 0
  /// Of those, for the mapping could not be watched.
  public var unwatched: UInt64 = 0
  /// Of those, for memory was being changed all the while, by whatever thread.
  public var unsettled: UInt64 = 0
  /// Registrations begun anew because the memory changed meanwhile.
  public var retries: UInt64 = 0
  /// Registrations that failed to end; their pages are still pinned.
  public var releaseFailures: UInt64 = 0
  /// Regions given back to C a second time, which is not done.
  public var secondPuts: UInt64 = 0
  /// Regions that can be handed out.
  public var regions = 0
  /// Regions with users.
  public var regionsInUse = 0
  /// Bytes of the regions that can be handed out.
  public var bytes: UInt64 = 0

  /// Of a cache that has done nothing yet.
  public init() {}
}
