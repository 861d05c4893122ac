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
  guard let result = unsafe result else { return EINVAL }
  let flags = unsafe policy?.pointee.flags ?? 0
  guard flags & (MEMREG_STRICT | MEMREG_RELAXED) != MEMREG_STRICT | MEMREG_RELAXED else {
    return EINVAL
  }
  do {
    let cache = try RegistrationCache(
      calling: backend,
      policy: CachePolicy(unsafe policy?.pointee ?? memreg_policy())
    )
    unsafe result.pointee = LendingCache.make(cache)
    return 0
  } catch {
    return error.code.rawValue
  }
}

/// Lets all regions go.
@c(memreg_cache_destroy)
public func destroyCache(_ cache: OpaquePointer?) {
  guard let cache = unsafe cache else { return }
  unsafe LendingCache.free(cache)
}

private func withCache(_ cache: OpaquePointer?, _ body: (RegistrationCache) -> Void) {
  guard let cache = unsafe cache else { return }
  unsafe body(LendingCache.cache(cache))
}

/// Never hands out again what shares an address with the range.
@c(memreg_invalidate)
public func invalidate(_ cache: OpaquePointer?, _ address: UInt64, _ length: UInt64) {
  unsafe withCache(cache) { $0.invalidate(AddressRange(start: address, length: length)) }
}

/// Deregisters all that is not lent out.
@c(memreg_purge)
public func purge(_ cache: OpaquePointer?) { unsafe withCache(cache) { $0.purge() } }

/// Waits until every change so far is taken into account.
@c(memreg_synchronize)
public func synchronize(_ cache: OpaquePointer?) { unsafe withCache(cache) { $0.synchronize() } }

/// What the cache has done and holds.
@c(memreg_get_stats)
public func getStatistics(_ cache: OpaquePointer?, _ result: UnsafeMutablePointer<memreg_stats>?) {
  unsafe withCache(cache) { cache in
    let counts = cache.statistics
    unsafe result?.pointee = memreg_stats(
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
      bytes: counts.bytes
    )
  }
}

extension CachePolicy {
  init(_ policy: memreg_policy) {
    self.init(
      maximumRegions: policy.maximum_regions == 0
        ? 1 << 20 : Int(clamping: policy.maximum_regions),
      maximumBytes: policy.maximum_bytes == 0 ? nil : policy.maximum_bytes,
      ordering: policy.flags & MEMREG_RELAXED != 0 ? .relaxed : .strict,
      keepsSharedMappings: policy.flags & MEMREG_KEEP_SHARED != 0,
      isUnmonitored: policy.flags & MEMREG_UNMONITORED != 0
    )
  }
}
