internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import MemoryRegistration
internal import Synchronization

// memreg_get, memreg_get_many and memreg_put of memreg.h, whose other functions are in MemRegC: a hit is as fast as it is
// inlined, and nothing is inlined across modules.

/// A region lent to C: what it needs of the record, copied, and what gives it back (`struct memreg_region`).
@safe
struct CRegion {
  let address: UInt64
  let length: UInt64
  let lkey: UInt32
  let rkey: UInt32
  let handle: UInt64
  let slot: UnsafeMutablePointer<LoanSlot>?
  let generation: UInt64

  /// Of a region that the calling thread counts as its own, and in one of its free slots.
  @inline(__always)
  init(
    _ record: UnsafeMutablePointer<CacheRecord>,
    _ front: UnsafeMutablePointer<CacheFront>,
    _ slot: UnsafeMutablePointer<LoanSlot>
  ) {
    let start = unsafe record.start
    address = start
    unsafe length = record.end - start
    unsafe lkey = record.pointee.lkey
    unsafe rkey = record.pointee.rkey
    unsafe handle = record.pointee.handle
    unsafe slot.pointee.record = unsafe record
    unsafe slot.pointee.front = unsafe front
    unsafe self.slot = unsafe slot
    generation = UInt64(unsafe slot.pointee.generation.load(ordering: .relaxed))
  }
}

/// What `struct memreg_cache` is: what a hit needs, and the cache. It is never freed, to tell a second end from a first.
@safe
package struct CCache {
  let front: UnsafeMutablePointer<CacheFront>
  var cache: Unmanaged<RegistrationCache>?

  /// A handle that holds `cache` until `close`.
  package static func make(_ cache: RegistrationCache) -> OpaquePointer? {
    guard let memory = unsafe aligned_alloc(64, 64) else { return nil }
    let handle = unsafe memory.bindMemory(to: CCache.self, capacity: 1)
    unsafe handle.initialize(
      to: CCache(front: cache.core.front, cache: Unmanaged.passRetained(cache))
    )
    return OpaquePointer(handle)
  }

  /// The cache behind a handle; `nil` after its end.
  package static func cache(_ handle: OpaquePointer) -> RegistrationCache? {
    unsafe UnsafePointer<CCache>(handle).pointee.cache?.takeUnretainedValue()
  }

  /// Lets the cache go; false where it is gone.
  package static func close(_ handle: OpaquePointer) -> Bool {
    let handle = unsafe UnsafeMutablePointer<CCache>(handle)
    guard let cache = unsafe handle.pointee.cache.take() else { return false }
    unsafe cache.release()
    return true
  }
}

/// `memreg_get`: fills in `result`, or returns the errno.
@c(memreg_get)
public func memregGet(
  _ handle: UnsafeRawPointer?,
  _ address: UInt64,
  _ length: UInt64,
  _ access: UInt32,
  _ result: UnsafeMutableRawPointer?
) -> Int32 {
  guard let handle = unsafe handle?.assumingMemoryBound(to: CCache.self),
    let region = unsafe result?.assumingMemoryBound(to: CRegion.self),
    unsafe handle.pointee.cache != nil
  else { return EINVAL }
  let (start, end) = CacheFront.pages(AddressRange(start: address, length: length))
  let front = unsafe handle.pointee.front
  guard let record = unsafe CacheFront.take(front, start, end, access) else {
    return unsafe acquireFallback(front, address, length, access, region)
  }
  guard let loans = unsafe ThreadLoans.current, let slot = unsafe loans.pointee.free else {
    return unsafe lend(record, front, region)
  }
  unsafe loans.pointee.free = slot.pointee.next
  unsafe region.initialize(to: CRegion(record, front, slot))
  return 0
}

// With the arguments where they are, so that the hit path has nothing to keep across a call.
@inline(never)
private func acquireFallback(
  _ front: UnsafeMutablePointer<CacheFront>,
  _ address: UInt64,
  _ length: UInt64,
  _ access: UInt32,
  _ result: UnsafeMutablePointer<CRegion>
) -> Int32 {
  let core = unsafe front.pointee.core.takeUnretainedValue()
  do {
    let range = AddressRange(start: address, length: length)
    return unsafe lend(try core.getSlowly(range, access), front, result)
  } catch {
    return error.code.rawValue
  }
}

// Where the thread has no slot at hand.
@inline(never)
private func lend(
  _ record: UnsafeMutablePointer<CacheRecord>,
  _ front: UnsafeMutablePointer<CacheFront>,
  _ result: UnsafeMutablePointer<CRegion>
) -> Int32 {
  guard let loans = unsafe ThreadLoans.make(),
    unsafe loans.pointee.free != nil || LoanSlot.refill(loans),
    let slot = unsafe loans.pointee.free
  else {
    unsafe CacheFront.put(record, front)
    return ENOMEM
  }
  unsafe loans.pointee.free = slot.pointee.next
  unsafe result.initialize(to: CRegion(record, front, slot))
  return 0
}

/// `memreg_get_many`: the regions of a list of ranges, of which the kernel is asked once; all of them or none.
@c(memreg_get_many)
public func memregGetMany(
  _ handle: UnsafeRawPointer?,
  _ ranges: UnsafeRawPointer?,
  _ count: Int,
  _ access: UInt32,
  _ results: UnsafeMutableRawPointer?
) -> Int32 {
  guard let handle = unsafe handle?.assumingMemoryBound(to: CCache.self),
    unsafe handle.pointee.cache != nil,
    count >= 0
  else { return EINVAL }
  guard count > 0 else { return 0 }
  guard let ranges = unsafe ranges?.assumingMemoryBound(to: iovec.self),
    let regions = unsafe results?.assumingMemoryBound(to: CRegion.self)
  else { return EINVAL }
  let front = unsafe handle.pointee.front
  let isQuiet = unsafe CacheFront.isQuiet(front)
  for index in 0..<count {
    let address = UInt64(UInt(bitPattern: unsafe ranges[index].iov_base))
    let length = UInt64(UInt(unsafe ranges[index].iov_len))
    let (start, end) = CacheFront.pages(AddressRange(start: address, length: length))
    var code: Int32 = 0
    if isQuiet, let record = unsafe CacheFront.takeUnasked(front, start, end, access) {
      if let loans = unsafe ThreadLoans.current, let slot = unsafe loans.pointee.free {
        unsafe loans.pointee.free = slot.pointee.next
        unsafe (regions + index).initialize(to: CRegion(record, front, slot))
      } else {
        code = unsafe lend(record, front, regions + index)
      }
    } else {
      code = unsafe acquireFallback(front, address, length, access, regions + index)
    }
    guard code == 0 else {
      for lent in 0..<index { unsafe memregPut(regions + lent) }
      return code
    }
  }
  return 0
}

/// `memreg_put`: gives the region back, once.
@c(memreg_put)
public func memregPut(_ region: UnsafeRawPointer?) {
  guard let region = unsafe region?.assumingMemoryBound(to: CRegion.self),
    let slot = unsafe region.pointee.slot, let owner = unsafe LoanSlot.owner(of: slot)
  else { return }
  let generation = UInt32(truncatingIfNeeded: unsafe region.pointee.generation)
  guard unsafe owner == ThreadLoans.current else {
    unsafe putForOther(slot, owner, generation)
    return
  }
  guard unsafe slot.pointee.generation.load(ordering: .relaxed) == generation else {
    unsafe countSecondPut(slot)
    return
  }
  guard let record = unsafe slot.pointee.record, let front = unsafe slot.pointee.front else {
    return
  }
  unsafe slot.pointee.generation.store(generation &+ 1, ordering: .relaxed)
  unsafe slot.pointee.next = owner.pointee.free
  unsafe owner.pointee.free = unsafe slot
  unsafe CacheFront.put(record, front)
}

// Of a region that another thread took.
@inline(never)
private func putForOther(
  _ slot: UnsafeMutablePointer<LoanSlot>,
  _ owner: UnsafeMutablePointer<ThreadLoans>,
  _ generation: UInt32
) {
  let (record, front) = unsafe (slot.pointee.record, slot.pointee.front)
  let exchange = unsafe slot.pointee.generation.compareExchange(
    expected: generation,
    desired: generation &+ 1,
    ordering: .acquiringAndReleasing
  )
  guard exchange.exchanged, let record = unsafe record, let front = unsafe front else {
    unsafe countSecondPut(slot)
    return
  }
  unsafe LoanSlot.giveBack(slot, to: owner)
  unsafe CacheFront.put(record, front)
}

@inline(never)
private func countSecondPut(_ slot: UnsafeMutablePointer<LoanSlot>) {
  guard let front = unsafe slot.pointee.front else { return }
  unsafe front.pointee.core._withUnsafeGuaranteedRef {
    _ = $0.secondPuts.add(1, ordering: .relaxed)
  }
}
