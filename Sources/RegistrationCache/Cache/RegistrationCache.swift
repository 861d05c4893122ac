import Glibc
public import HostMemory
import LinuxSystem
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
    let core = try CacheCore(backend: backend, policy: policy)
    do {
      subscription = try core.subscribe()
    } catch {
      throw .unmonitored(error)
    }
    do {
      try core.startReaper()
    } catch {
      throw .system(SystemError("start the thread that deregisters", code: error))
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

  /// Has every region that shares an address with `range` never handed out again, and deregistered when unused.
  public func invalidate(_ range: AddressRange) {
    let end = range.start.addingReportingOverflow(range.length)
    core.locked { core.invalidate(range.start, end.overflow ? .max : end.partialValue) }
  }

  /// Lets every region go: the idle are deregistered when this returns, those in use at their last `put`.
  public func purge() {
    core.locked { core.invalidate(0, .max) }
    core.drain()
  }

  /// Returns when every change of memory so far is taken into account and what it made stale is deregistered.
  public func synchronize() {
    // It fails only inside callbacks, of which none calls here.
    try? AddressSpaceMonitor.synchronize()
    core.drain()
  }

  /// What the cache has done and holds; counts the regions one by one.
  public var statistics: CacheStatistics { core.statistics }

  deinit { core.close() }
}
