internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import Synchronization

/// What a hit reads of a cache, in one cache line that nobody writes to; it is never freed.
@safe
struct CacheFront: ~Copyable {
  /// Says whether to serve without the lock (`ProcessPage.State`).
  var state: UnsafeMutablePointer<Atomic<UInt32>>
  let root: RegionIndex.Cells
  let leaves: RegionIndex.Cells
  let maps: RegionIndex.Cells
  let records: UnsafeMutablePointer<CacheRecord>
  let core: Unmanaged<CacheCore>
  /// The userfaultfd to ask before every hit; `nil` where that is not done.
  var descriptor: UnsafeMutablePointer<Atomic<Int32>>?
  /// The cache's number among those of the process, by which threads count its users.
  let id: Int

  /// The whole pages of a range; of one that is empty or wraps, none.
  @inline(__always)
  static func pages(_ range: AddressRange) -> (start: UInt64, end: UInt64) {
    let mask = UInt64(BasePage.size) - 1
    let last = range.start &+ (range.length &- 1)
    return (range.start & ~mask, last < range.start ? 0 : (last | mask) &+ 1)
  }

  /// The region that holds [start, end) and allows `access`, with one more user: no lock is taken, nothing allocated, and no
  /// atomic exchange made. `nil` where it is not so simple.
  @inline(__always)
  static func take(
    _ front: UnsafeMutablePointer<CacheFront>,
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32
  ) -> UnsafeMutablePointer<CacheRecord>? {
    guard unsafe isQuiet(front) else { return nil }
    return unsafe takeUnasked(front, start, end, access)
  }

  /// Whether no change that was made before this call is unread; asks the kernel, if the cache does.
  ///
  /// To be called before the state is read: what has been read by then is delivered if the state is `current`.
  @inline(__always)
  static func isQuiet(_ front: UnsafeMutablePointer<CacheFront>) -> Bool {
    guard let descriptor = unsafe front.pointee.descriptor else { return true }
    let state = clinux_userfault_state(unsafe descriptor.pointee.load(ordering: .relaxed))
    return state == CLINUX_USERFAULT_QUIET
  }

  /// The same for one who has asked the kernel, if the cache does.
  @inline(__always)
  static func takeUnasked(
    _ front: UnsafeMutablePointer<CacheFront>,
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32
  ) -> UnsafeMutablePointer<CacheRecord>? {
    let state = unsafe front.pointee.state.pointee.load(ordering: .acquiring)
    guard state == ProcessPage.State.current.rawValue, start < end,
      start &>> RegionIndex.addressBits == 0
    else { return nil }
    let number = unsafe RegionIndex.find(
      start,
      front.pointee.root,
      front.pointee.leaves,
      front.pointee.maps
    )
    guard number != 0, let counters = unsafe ThreadLoans.counters(of: front.pointee.id) else {
      return nil
    }
    return unsafe take(Int(truncatingIfNeeded: number), front, counters, start, end, access)
  }

  /// The record of that number with one more user, if it serves.
  @inline(__always)
  static func take(
    _ number: Int,
    _ front: UnsafeMutablePointer<CacheFront>,
    _ counters: LoanCounters,
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32
  ) -> UnsafeMutablePointer<CacheRecord>? {
    let record = unsafe front.pointee.records + number
    unsafe ThreadLoans.add(1, to: number, counters)
    clinux_compiler_barrier()
    guard unsafe record.isValid, unsafe record.serves(start, end, access) else {
      unsafe giveUp(record, front)
      return nil
    }
    unsafe ThreadLoans.countHit(counters)
    if unsafe record.pointee.used.load(ordering: .relaxed) == 0 {
      unsafe record.pointee.used.store(1, ordering: .relaxed)
    }
    return unsafe record
  }

  @inline(never)
  private static func giveUp(
    _ record: UnsafeMutablePointer<CacheRecord>,
    _ front: UnsafeMutablePointer<CacheFront>
  ) {
    unsafe put(record, front)
  }

  /// Gives a region back.
  @inline(__always)
  static func put(
    _ record: UnsafeMutablePointer<CacheRecord>,
    _ front: UnsafeMutablePointer<CacheFront>
  ) {
    guard let counters = unsafe ThreadLoans.counters(of: front.pointee.id) else {
      unsafe putUncounted(record, front)
      return
    }
    unsafe ThreadLoans.add(-1, to: record - front.pointee.records, counters)
    clinux_compiler_barrier()
    let state = unsafe record.state
    if state & (RegionState.valid | RegionState.parked) != RegionState.valid,
      state & RegionState.held != 0
    {
      unsafe userLeft(record, front)
    }
  }

  // A thread that never took a region of this cache.
  @inline(never)
  private static func putUncounted(
    _ record: UnsafeMutablePointer<CacheRecord>,
    _ front: UnsafeMutablePointer<CacheFront>
  ) {
    unsafe record.pointee.strays.subtract(1, ordering: .sequentiallyConsistent)
    let state = unsafe record.state
    if state & (RegionState.valid | RegionState.parked) != RegionState.valid,
      state & RegionState.held != 0
    {
      unsafe userLeft(record, front)
    }
  }

  @inline(never)
  private static func userLeft(
    _ record: UnsafeMutablePointer<CacheRecord>,
    _ front: UnsafeMutablePointer<CacheFront>
  ) {
    unsafe front.pointee.core._withUnsafeGuaranteedRef { unsafe $0.userLeft(record) }
  }
}
