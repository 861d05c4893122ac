import Glibc
public import HostMemory
internal import LinuxSystem
public import Verbs

/// Registrations kept for the next request: served without a lock when there, made when not, gone when the memory changes.
///
/// Requests are rounded to whole pages, which is what the kernel pins. Regions in use live until their last user has
/// put them; they are never handed out again once their memory has changed, was evicted or was replaced.
public final class RegistrationCache: Sendable {
  let core: CacheCore
  private let subscription: AddressSpaceSubscription

  /// Makes a cache of `strategy`'s registrations; put the strategy behind a ledger to evict before the limit is hit.
  ///
  /// Throws `unmonitored` where the address space cannot be watched, unless the policy says to do without.
  public convenience init(
    of strategy: some CacheableStrategy,
    policy: CachePolicy = CachePolicy()
  ) throws(CacheError) {
    try self.init(backend: StrategyBackend(strategy: strategy), policy: policy)
  }

  init(backend: any CacheBackend, policy: CachePolicy) throws(CacheError) {
    let core = try CacheCore.open(backend, policy)
    do {
      subscription = try core.subscribe()
    } catch {
      core.close()
      throw .unmonitored(error)
    }
    if let code = core.startReclaimer() {
      core.close()
      throw .system(SystemError("start the thread that deregisters", code: code))
    }
    self.core = core
  }

  /// Lends a region that holds `range` and allows `access`; registers it where there is none.
  ///
  /// Throws EINVAL for an empty or wrapping range, and what registering leaves after evicting all that is idle.
  @inline(__always)
  public func get(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(CacheError) -> CachedRegion {
    try core.get(range, access.rawValue)
  }

  /// Lends a region for each of `ranges`, in their order, to `receive`, with the range's index.
  ///
  /// A strict cache asks the kernel once for all of them: memory that the caller had before the call is served as it is.
  /// Throws at the first range that fails; what was received until then is the receiver's to put.
  public func get(
    _ ranges: [AddressRange],
    access: AccessFlags,
    _ receive: (Int, consuming CachedRegion) -> Void
  ) throws(CacheError) {
    let isQuiet = unsafe CacheFront.isQuiet(core.front)
    for (index, range) in ranges.enumerated() {
      let (start, end) = CacheFront.pages(range)
      if isQuiet,
        let record = unsafe CacheFront.takeUnasked(core.front, start, end, access.rawValue)
      {
        unsafe receive(index, CachedRegion(record, of: core.front))
      } else {
        let record = unsafe try core.getSlowly(range, access.rawValue)
        unsafe receive(index, CachedRegion(record, of: core.front))
      }
    }
  }

  /// Has every region that shares an address with `range` never handed out again, and deregistered when unused.
  ///
  /// May be called in any context but a signal handler's; deregistering is left to a thread of the cache.
  public func invalidate(_ range: AddressRange) throws(CacheError) {
    if core.isOfForkedParent { throw .ofForkedParent }
    let end = range.start.addingReportingOverflow(range.length)
    if core.invalidate(range.start, end.overflow ? .max : end.partialValue) { core.wakeReclaimer() }
  }

  /// Lets every region go: the idle are deregistered when this returns, those in use at their last `put`.
  public func purge() throws(CacheError) { try core.purge() }

  /// Deregisters what is idle, the least recently used first, until `bytes` are no longer pinned or nothing idle is left, for
  /// others to register under the same limit; the number of bytes.
  public func yieldMemlock(_ bytes: UInt64) throws(CacheError) -> UInt64 {
    if core.isOfForkedParent { throw .ofForkedParent }
    return core.uncancelled { core.yield(bytes) }
  }

  /// Returns when every change of memory so far is taken into account and what it made stale is deregistered.
  public func synchronize() throws(CacheError) { try core.synchronize() }

  /// What the cache has done and holds; counts the regions one by one. All zero in a forked child.
  public var statistics: CacheStatistics { core.statistics }

  /// The same, but it throws in a forked child.
  package func currentStatistics() throws(CacheError) -> CacheStatistics {
    if core.isOfForkedParent { throw .ofForkedParent }
    return core.statistics
  }

  deinit { core.close() }
}
