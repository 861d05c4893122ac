import Glibc
internal import HostMemory
internal import LinuxSystem
internal import Synchronization

// memreg_get and memreg_put of memreg.h, whose other functions are in MemRegC: a hit is as fast as it is inlined, and
// nothing is inlined across modules.

/// A region lent to C: what it needs of the record, copied, and what gives it back (`struct memreg_region`).
@safe
struct LentRegion {
  let address: UInt64
  let length: UInt64
  let lkey: UInt32
  let rkey: UInt32
  let handle: UInt64
  let record: UnsafeMutablePointer<CacheRecord>
  let core: Unmanaged<CacheCore>

  @inline(__always)
  init(_ record: UnsafeMutablePointer<CacheRecord>, _ core: Unmanaged<CacheCore>) {
    unsafe address = record.start
    unsafe length = record.end - record.start
    unsafe lkey = record.pointee.lkey
    unsafe rkey = record.pointee.rkey
    unsafe handle = record.pointee.handle
    unsafe self.record = unsafe record
    unsafe self.core = unsafe core
  }
}

/// What `struct memreg_cache` is: what a hit needs, and the cache.
@safe
package struct LendingCache {
  let gate: UnsafeMutablePointer<Atomic<UInt32>>
  let index: UnsafeMutablePointer<CacheIndex>
  let core: Unmanaged<CacheCore>
  let cache: Unmanaged<RegistrationCache>

  /// A handle that holds `cache` until `free`.
  package static func make(_ cache: RegistrationCache) -> OpaquePointer {
    let handle = UnsafeMutablePointer<LendingCache>.allocate(capacity: 1)
    let core = unsafe Unmanaged.passUnretained(cache.core)
    unsafe handle.initialize(
      to: LendingCache(
        gate: cache.core.gateCell,
        index: cache.core.index,
        core: core,
        cache: Unmanaged.passRetained(cache)
      )
    )
    return OpaquePointer(handle)
  }

  /// The cache behind a handle.
  package static func cache(_ handle: OpaquePointer) -> RegistrationCache {
    unsafe UnsafePointer<LendingCache>(handle).pointee.cache.takeUnretainedValue()
  }

  /// Lets the cache go, and the handle with it.
  package static func free(_ handle: OpaquePointer) {
    let handle = unsafe UnsafeMutablePointer<LendingCache>(handle)
    unsafe handle.pointee.cache.release()
    unsafe handle.deallocate()
  }
}

/// `memreg_get`: fills in `result`, or returns the errno.
@c(memreg_get)
public func lendRegistration(
  _ handle: UnsafeRawPointer?,
  _ address: UInt64,
  _ length: UInt64,
  _ access: UInt32,
  _ result: UnsafeMutableRawPointer?
) -> Int32 {
  guard let handle = unsafe handle?.assumingMemoryBound(to: LendingCache.self),
    let region = unsafe result?.assumingMemoryBound(to: LentRegion.self)
  else { return EINVAL }
  let (start, end) = CacheCore.pages(AddressRange(start: address, length: length))
  let (index, gate) = unsafe (handle.pointee.index, handle.pointee.gate)
  guard let record = unsafe CacheCore.takeFirst(start, end, from: index, gate) else {
    return unsafe lendSlowly(handle, address, length, access, region)
  }
  guard unsafe record.serves(start, end, access) else {
    return unsafe lendInstead(handle, address, length, access, region, of: record)
  }
  unsafe region.initialize(to: LentRegion(record, handle.pointee.core))
  return 0
}

// With the arguments where they are, so that the hit path has nothing to keep across a call.
@inline(never)
private func lendInstead(
  _ handle: UnsafePointer<LendingCache>,
  _ address: UInt64,
  _ length: UInt64,
  _ access: UInt32,
  _ result: UnsafeMutablePointer<LentRegion>,
  of record: UnsafeMutablePointer<CacheRecord>
) -> Int32 {
  unsafe CacheCore.untake(record, handle.pointee.core)
  return unsafe lendSlowly(handle, address, length, access, result)
}

@inline(never)
private func lendSlowly(
  _ handle: UnsafePointer<LendingCache>,
  _ address: UInt64,
  _ length: UInt64,
  _ access: UInt32,
  _ result: UnsafeMutablePointer<LentRegion>
) -> Int32 {
  let range = AddressRange(start: address, length: length)
  do {
    let region = try unsafe handle.pointee.core.takeUnretainedValue().get(range, access)
    unsafe result.initialize(to: LentRegion(region.record, region.core))
    region.forget()
    return 0
  } catch {
    return error.code.rawValue
  }
}

/// `memreg_put`: gives the region back, once.
@c(memreg_put)
public func takeRegistrationBack(_ region: UnsafeRawPointer?) {
  guard let region = unsafe region?.assumingMemoryBound(to: LentRegion.self) else { return }
  unsafe CacheCore.put(region.pointee.record, region.pointee.core)
}

extension CachedRegion {
  fileprivate consuming func forget() { discard self }
}
