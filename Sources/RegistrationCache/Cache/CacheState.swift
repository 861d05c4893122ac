internal import LinuxSystem
internal import Synchronization

/// What of a cache is guarded by its lock. Behind a pointer, so that no access to it is kept account of at run time.
@safe
struct CacheState: ~Copyable {
  private var memory: ReservedMemory
  let records: UnsafeMutablePointer<CacheRecord>
  var index: RegionIndex
  let pending = PendingRegistrations()
  /// Valid regions that were not in use when last looked at.
  var evictable: RecordSet
  /// Valid regions that were.
  var parked: RecordSet
  /// The first of the invalidated that are still in the index; pushed to by anybody.
  let invalidated = Atomic<UInt32>(0)
  /// Begun and ended walks of those who invalidate.
  let walksBegun = Atomic<UInt64>(0)
  let walksEnded = Atomic<UInt64>(0)

  let capacity: Int
  /// Records in use, the first of which is none.
  var made = 1
  private var free: UInt32 = 0
  var hand: UInt32 = 1
  var parkedHand: UInt32 = 1
  var validCount = 0
  var validBytes: UInt64 = 0
  var parkedBytes: UInt64 = 0
  /// Of registrations under way that are to be kept.
  var reservedCount = 0
  var reservedBytes: UInt64 = 0
  /// Registrations there are or that are under way.
  var liveCount = 0
  /// The first of those taken out of the index of which nobody has looked whether they have users.
  var unexamined: UInt32 = 0
  /// Threads that are ending registrations.
  var reclaims = 0
  var waiters = 0
  var counts = CacheStatistics()
  var isClosed = false
  /// The reclaimer is to release everything when the last region is back.
  var endsByItself = false
  var policy = CachePolicy()

  init(capacity: Int) throws(SystemError) {
    var room = try ReservedMemory(capacity: capacity * MemoryLayout<CacheRecord>.stride)
    if let code = room.grow(to: 2 * MemoryLayout<CacheRecord>.stride) {
      throw SystemError("make room for a registration cache", code: code)
    }
    let fresh = try RegionIndex(capacity: capacity)
    let idle = try RecordSet(capacity: capacity)
    let busy = try RecordSet(capacity: capacity)
    self.capacity = capacity
    memory = room
    index = fresh
    evictable = idle
    parked = busy
    unsafe records = memory.base.bindMemory(to: CacheRecord.self, capacity: capacity)
    unsafe records.initialize(to: CacheRecord())
  }

  @inline(__always)
  func record(_ number: UInt32) -> UnsafeMutablePointer<CacheRecord> {
    unsafe records + Int(number)
  }

  /// A record that nobody knows of; `nil` where there is no memory.
  mutating func takeRecord() -> UInt32? {
    if free != 0 {
      let number = free
      unsafe free = record(number).pointee.next
      liveCount += 1
      return number
    }
    guard made < capacity, memory.grow(to: (made + 1) * MemoryLayout<CacheRecord>.stride) == nil
    else { return nil }
    unsafe (records + made).initialize(to: CacheRecord())
    made += 1
    liveCount += 1
    return UInt32(made - 1)
  }

  /// Makes the record of a registration that ended free for another.
  mutating func giveBack(_ number: UInt32) {
    let record = unsafe record(number)
    unsafe record.pointee.next = free
    free = number
    liveCount -= 1
  }

  /// Gives the memory of an empty cache back.
  mutating func discard() {
    index.discard()
    memory.discard()
    made = 1
    free = 0
    hand = 1
    parkedHand = 1
  }
}
