public import CMemReg
internal import CVerbs
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import RegistrationCache
internal import Verbs

// The functions of memreg.h. Pointers are trusted as C trusts them; NULL where one must be is EINVAL.

/// Makes a cache over functions of C.
@c(memreg_cache_create)
public func makeCache(
  _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ ops: UnsafePointer<memreg_ops>?,
  _ policy: UnsafePointer<memreg_policy>?
) -> Int32 {
  guard let ops = unsafe ops?.pointee, let acquire = unsafe ops.acquire,
    let release = unsafe ops.release
  else { return EINVAL }
  let backend = unsafe CallbackBackend(acquire: acquire, release: release, context: ops.context)
  return unsafe make(result, backend, policy)
}

/// Makes a cache of a protection domain's regions.
@c(memreg_cache_create_pd)
public func makeCacheOfDomain(
  _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ domain: OpaquePointer?,
  _ policy: UnsafePointer<memreg_policy>?
) -> Int32 {
  guard let domain = unsafe domain else { return EINVAL }
  let backend = unsafe CallbackBackend(
    acquire: { context, address, length, access, handle, lkey, rkey in
      let memory = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address))
      guard let domain = unsafe context?.assumingMemoryBound(to: ibv_pd.self) else { return EINVAL }
      let (made, code) = unsafe (
        ibv_reg_mr_iova2(
          domain,
          memory,
          Int(truncatingIfNeeded: length),
          address,
          access
        ), errno
      )
      guard let region = unsafe made else { return code }
      unsafe handle?.pointee = UInt64(UInt(bitPattern: region))
      unsafe lkey?.pointee = region.pointee.lkey
      unsafe rkey?.pointee = region.pointee.rkey
      return 0
    },
    release: { _, handle in
      unsafe ibv_dereg_mr(UnsafeMutablePointer(bitPattern: UInt(handle)))
    },
    context: UnsafeMutableRawPointer(domain)
  )
  return unsafe make(result, backend, policy)
}

private func make(
  _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ backend: CallbackBackend,
  _ policy: UnsafePointer<memreg_policy>?
) -> Int32 {
  guard let result = unsafe result,
    let policy = CachePolicy(unsafe policy?.pointee ?? memreg_policy())
  else { return EINVAL }
  do {
    let cache = try RegistrationCache(calling: backend, policy: policy)
    guard let handle = unsafe CCache.make(cache) else { return ENOMEM }
    unsafe result.pointee = handle
    return 0
  } catch {
    return error.code.rawValue
  }
}

/// Lets all regions go.
@c(memreg_cache_destroy)
public func destroyCache(_ cache: OpaquePointer?) -> Int32 {
  guard let cache = unsafe cache else { return 0 }
  return unsafe CCache.close(cache) ? 0 : EINVAL
}

private func withCache(
  _ cache: OpaquePointer?,
  _ body: (RegistrationCache) throws(CacheError) -> Void
) -> Int32 {
  guard let cache = unsafe cache, let known = unsafe CCache.cache(cache) else { return EINVAL }
  do {
    try body(known)
    return 0
  } catch {
    return error.code.rawValue
  }
}

/// Never hands out again what shares an address with the range.
@c(memreg_invalidate)
public func invalidate(_ cache: OpaquePointer?, _ address: UInt64, _ length: UInt64) -> Int32 {
  unsafe withCache(cache) { (cache) throws(CacheError) in
    try cache.invalidate(AddressRange(start: address, length: length))
  }
}

/// Deregisters all that is not lent out.
@c(memreg_purge)
public func purge(_ cache: OpaquePointer?) -> Int32 {
  unsafe withCache(cache) { (cache) throws(CacheError) in try cache.purge() }
}

/// Deregisters what is idle until so many bytes are no longer pinned.
@c(memreg_yield_memlock)
public func yieldMemlock(
  _ cache: OpaquePointer?,
  _ bytes: UInt64,
  _ yielded: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  unsafe withCache(cache) { (cache) throws(CacheError) in
    let freed = try cache.yieldMemlock(bytes)
    unsafe yielded?.pointee = freed
  }
}

/// Waits until every change so far is taken into account.
@c(memreg_synchronize)
public func synchronize(_ cache: OpaquePointer?) -> Int32 {
  unsafe withCache(cache) { (cache) throws(CacheError) in try cache.synchronize() }
}

/// What the cache has done and holds.
@c(memreg_get_stats)
public func getStatistics(
  _ cache: OpaquePointer?,
  _ result: UnsafeMutablePointer<memreg_stats>?
) -> Int32 {
  guard let result = unsafe result else { return EINVAL }
  return unsafe withCache(cache) { (cache) throws(CacheError) in
    let counts = try cache.currentStatistics()
    unsafe result.pointee = memreg_stats(
      hits: counts.hits,
      misses: counts.misses,
      merges: counts.merges,
      uncached: counts.uncached,
      evictions: counts.evictions,
      invalidations: counts.invalidations,
      retries: counts.retries,
      release_failures: counts.releaseFailures,
      regions: UInt64(counts.regions),
      regions_in_use: UInt64(counts.regionsInUse),
      bytes: counts.bytes,
      unwatched: counts.unwatched,
      unsettled: counts.unsettled,
      second_puts: counts.secondPuts
    )
  }
}

extension CachePolicy {
  // Nil for flags that mean nothing, or that contradict one another.
  init?(_ policy: memreg_policy) {
    let orderings = MEMREG_STRICT | MEMREG_RELAXED | MEMREG_HOOKED | MEMREG_SINGLE_MAPPER
    let known = orderings | MEMREG_KEEP_SHARED | MEMREG_UNMONITORED
    guard policy.flags & ~known == 0 else { return nil }
    let ordering: Ordering
    switch policy.flags & orderings {
    case 0, MEMREG_STRICT: ordering = .strict
    case MEMREG_HOOKED: ordering = .hooked
    case MEMREG_RELAXED: ordering = .relaxed
    case MEMREG_SINGLE_MAPPER: ordering = .singleMapper
    default: return nil
    }
    self.init(
      maximumRegions: policy.maximum_regions == 0
        ? 1 << 20 : Int(clamping: policy.maximum_regions),
      maximumBytes: policy.maximum_bytes == 0 ? nil : policy.maximum_bytes,
      ordering: ordering,
      keepsSharedMappings: policy.flags & MEMREG_KEEP_SHARED != 0,
      isUnmonitored: policy.flags & MEMREG_UNMONITORED != 0
    )
  }
}
