internal import LinuxSystem
internal import Synchronization

/// The regions of a cache: records, the tree and the table that find them, and the clock that ages them.
///
/// All but searching the table is for the holder of the cache's lock; nothing here allocates or frees by the allocator.
@safe
struct CacheIndex: ~Copyable {
  private var memory: ReservedMemory
  let records: UnsafeMutablePointer<CacheRecord>
  var table: RegionTable
  var tree: IntervalTree<CacheRecord>
  private let capacity: Int
  private(set) var made = 0
  private var free = CacheRecord.none
  private var hand = 0
  private(set) var liveCount = 0
  private(set) var validCount = 0
  private(set) var validBytes: UInt64 = 0
  private var hitsOfTheGone: UInt64 = 0

  init(capacity: Int) throws(SystemError) {
    self.capacity = capacity
    let room = try ReservedMemory(capacity: capacity * MemoryLayout<CacheRecord>.stride)
    let regions = try RegionTable(capacity: capacity)
    memory = room
    table = regions
    unsafe records = memory.base.bindMemory(to: CacheRecord.self, capacity: capacity)
    unsafe tree = IntervalTree(over: records)
  }

  @inline(__always)
  func record(_ index: UInt32) -> UnsafeMutablePointer<CacheRecord> {
    unsafe records + Int(index)
  }

  func index(of record: UnsafeMutablePointer<CacheRecord>) -> UInt32 {
    UInt32(unsafe record - records)
  }

  /// A record that is in the tree and nowhere else: events find it, users do not. `nil` where there is no room.
  mutating func add(_ start: UInt64, _ end: UInt64, _ access: UInt32) -> UInt32? {
    guard let index = take() else { return nil }
    let record = unsafe record(index)
    unsafe record.pointee.interval.set(start: start, end: end)
    unsafe record.pointee.access.store(access, ordering: .relaxed)
    unsafe record.pointee.state.store(RegionState.pending, ordering: .relaxed)
    tree.insert(index)
    liveCount += 1
    return index
  }

  /// Hands a registered record out to all, with its registrar as first user. False where the table cannot grow.
  mutating func publish(_ index: UInt32) -> Bool {
    guard unsafe table.insert(index, records, made: made) else { return false }
    let record = unsafe record(index)
    unsafe record.pointee.state.store(
      RegionState.valid | RegionState.used | 1,
      ordering: .releasing
    )
    validCount += 1
    unsafe validBytes += record.end - record.start
    return true
  }

  /// Takes a valid record out of the table, so that no new user comes; true where no user is left.
  mutating func retire(_ index: UInt32, isInTree: Bool = true) -> Bool {
    let record = unsafe record(index)
    if isInTree { tree.remove(index) }
    unsafe table.remove(index, records)
    validCount -= 1
    unsafe validBytes -= record.end - record.start
    let before = unsafe record.pointee.state
      .bitwiseAnd(
        ~RegionState.valid,
        ordering: .acquiringAndReleasing
      )
      .oldValue
    return RegionState.users(before) == 0
  }

  /// Makes the record of a released region free for another.
  mutating func recycle(_ index: UInt32) {
    let record = unsafe record(index)
    unsafe hitsOfTheGone += RegionState.hits(record.currentState)
    unsafe record.pointee.state.store(0, ordering: .relaxed)
    unsafe record.pointee.next = free
    free = index
    liveCount -= 1
  }

  /// The next idle region that nobody took since the hand last passed; `nil` where all are in use.
  mutating func oldest() -> UInt32? {
    for _ in 0..<(2 * made) {
      hand = hand + 1 < made ? hand + 1 : 0
      let record = unsafe records + hand
      let state = unsafe record.currentState
      guard state & RegionState.valid != 0, RegionState.users(state) == 0 else { continue }
      guard state & RegionState.used != 0 else { return UInt32(hand) }
      unsafe record.pointee.state.bitwiseAnd(~RegionState.used, ordering: .relaxed)
    }
    return nil
  }

  /// Hits so far: those of the regions there are, and of those gone.
  var hits: UInt64 {
    var sum = hitsOfTheGone
    for index in 0..<made { unsafe sum += RegionState.hits((records + index).currentState) }
    return sum
  }

  /// Valid regions that have users.
  var usedCount: Int {
    var count = 0
    for index in 0..<made where unsafe RegionState.users((records + index).currentState) > 0 {
      count += 1
    }
    return count
  }

  /// Takes over the hits of a record whose counter is about to be full.
  mutating func collectHits(_ index: UInt32) {
    let record = unsafe record(index)
    let hits = unsafe RegionState.hits(record.currentState)
    unsafe record.pointee.state.subtract(hits * RegionState.hit, ordering: .relaxed)
    hitsOfTheGone += hits
  }

  private mutating func take() -> UInt32? {
    if free != CacheRecord.none {
      let index = free
      unsafe free = record(index).pointee.next
      return index
    }
    guard made < capacity,
      memory.grow(to: (made + 1) * MemoryLayout<CacheRecord>.stride) == nil
    else { return nil }
    unsafe (records + made).initialize(to: CacheRecord())
    made += 1
    return UInt32(made - 1)
  }
}
