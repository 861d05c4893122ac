internal import LinuxSystem
internal import Synchronization

/// Records by where they start: for each size class, the power of two that holds the region, the block of that size
/// in which its first byte lies.
///
/// A region that holds an address starts in the address's block of the region's class or in the one before, so
/// two probes a class in use find it whatever its size. Readers need no lock: they may miss a region while
/// the table changes, and find it under the lock then.
@safe
struct RegionTable: ~Copyable {
  private var memory: ReservedMemory
  let entries: UnsafeMutablePointer<Atomic<UInt64>>
  /// The size classes in use, one bit each.
  let classes = Atomic<UInt64>(0)
  /// 32 less the number of bits of a slot's number.
  let shift: Atomic<UInt64>
  private var classCounts: [Int]
  private var count = 0

  private static let initialBits = 12

  /// A table that can grow for `capacity` regions.
  init(capacity: Int) throws(SystemError) {
    let slots = max(1 << Self.initialBits, 2 << (Int.bitWidth - capacity.leadingZeroBitCount))
    var fresh = try ReservedMemory(capacity: slots * MemoryLayout<UInt64>.stride)
    if let code = fresh.grow(to: MemoryLayout<UInt64>.stride << Self.initialBits) {
      throw SystemError("make room for a registration cache", code: code)
    }
    memory = fresh
    unsafe entries = memory.base.bindMemory(to: Atomic<UInt64>.self, capacity: slots)
    shift = Atomic(UInt64(32 - Self.initialBits))
    classCounts = Array(repeating: 0, count: 64)
  }

  @inline(__always)
  static func sizeClass(_ start: UInt64, _ end: UInt64) -> UInt64 {
    UInt64(64 - (end &- start &- 1).leadingZeroBitCount)
  }

  @inline(__always)
  static func hash(_ block: UInt64, _ sizeClass: UInt64) -> UInt64 {
    ((block ^ (sizeClass &<< 56)) &* 0x9E37_79B9_7F4A_7C15) &>> 32
  }

  /// The record that most likely holds [start, end): the first of its size that starts in its block.
  ///
  /// What is asked for is most often what was registered; for that one probe, in line, is the whole search. Whether the
  /// record holds the range is for the caller to see once it has a user, as it could change until then.
  @inline(__always)
  func first(
    _ start: UInt64,
    _ end: UInt64,
    in records: UnsafeMutablePointer<CacheRecord>
  ) -> UnsafeMutablePointer<CacheRecord>? {
    let sizeClass = Self.sizeClass(start, end)
    let hash = Self.hash(start &>> sizeClass, sizeClass)
    let slot = hash &>> shift.load(ordering: .relaxed)
    let entry = unsafe entries[Int(truncatingIfNeeded: slot)].load(ordering: .acquiring)
    guard entry &>> 32 == hash, entry != 0 else { return nil }
    return unsafe records + Int(truncatingIfNeeded: entry & 0xffff_ffff) - 1
  }

  /// Adds a user to the first valid record that holds [start, end) and allows `access`.
  ///
  /// A record that became another region's in that moment is returned as well, with its user.
  @inline(never)
  func take(
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32,
    from records: UnsafeMutablePointer<CacheRecord>
  ) -> UnsafeMutablePointer<CacheRecord>? {
    var left =
      classes.load(ordering: .relaxed) & (UInt64.max &<< Self.sizeClass(start, end))
    let shift = shift.load(ordering: .relaxed)
    let mask = (UInt64(1) &<< (32 &- shift)) &- 1
    while left != 0 {
      let sizeClass = UInt64(left.trailingZeroBitCount)
      left &= left &- 1
      var block = start &>> sizeClass
      let last = block &- 1
      while true {
        let hash = Self.hash(block, sizeClass)
        var slot = hash &>> shift
        while true {
          let entry = unsafe entries[Int(truncatingIfNeeded: slot)].load(ordering: .acquiring)
          if entry == 0 { break }
          if entry &>> 32 == hash {
            let record = unsafe records + Int(truncatingIfNeeded: entry & 0xffff_ffff) - 1
            if unsafe record.serves(start, end, access), unsafe record.take() {
              return unsafe record
            }
          }
          slot = (slot &+ 1) & mask
        }
        if block == last { break }
        block = last
      }
    }
    return nil
  }
}

extension RegionTable {
  /// Adds the record at `index` of the `made` there are, which is not valid yet; only under the lock.
  ///
  /// False where there is no memory for the table to grow.
  mutating func insert(
    _ index: UInt32,
    _ records: UnsafeMutablePointer<CacheRecord>,
    made: Int
  ) -> Bool {
    let bits = 32 - shift.load(ordering: .relaxed)
    if UInt64(count + 1) * 4 > 3 << bits {
      guard unsafe grow(to: Int(bits) + 1, records, made: made) else { return false }
    }
    let entry = unsafe Self.entry(index, records + Int(index))
    place(entry.word)
    count += 1
    classCounts[entry.sizeClass] += 1
    if classCounts[entry.sizeClass] == 1 {
      classes.bitwiseOr(1 << UInt64(entry.sizeClass), ordering: .releasing)
    }
    return true
  }

  /// Takes the record at `index` out; only under the lock. Allocates and frees nothing.
  mutating func remove(_ index: UInt32, _ records: UnsafeMutablePointer<CacheRecord>) {
    let (wanted, sizeClass) = unsafe Self.entry(index, records + Int(index))
    let shift = shift.load(ordering: .relaxed)
    let mask = (UInt64(1) << (32 - shift)) - 1
    var slot = (wanted >> 32) >> shift
    while entry(slot) != wanted {
      if entry(slot) == 0 { return }
      slot = (slot + 1) & mask
    }
    closeGap(at: slot, shift, mask)
    count -= 1
    classCounts[sizeClass] -= 1
    if classCounts[sizeClass] == 0 {
      classes.bitwiseAnd(~(1 << UInt64(sizeClass)), ordering: .relaxed)
    }
  }

  // Entries move up so that no probe stops early; the hash in the entry says how far each may go.
  private func closeGap(at gap: UInt64, _ shift: UInt64, _ mask: UInt64) {
    var (gap, slot) = (gap, (gap + 1) & mask)
    while entry(slot) != 0 {
      let home = (entry(slot) >> 32) >> shift
      if (slot &- home) & mask >= (slot &- gap) & mask {
        unsafe entries[Int(gap)].store(entry(slot), ordering: .releasing)
        gap = slot
      }
      slot = (slot + 1) & mask
    }
    unsafe entries[Int(gap)].store(0, ordering: .releasing)
  }

  // Emptied and filled anew in place: readers that miss a region meanwhile wait for the lock.
  private mutating func grow(
    to bits: Int,
    _ records: UnsafeMutablePointer<CacheRecord>,
    made: Int
  ) -> Bool {
    guard memory.grow(to: MemoryLayout<UInt64>.stride << bits) == nil else { return false }
    for slot in 0..<(1 << (bits - 1)) { unsafe entries[slot].store(0, ordering: .relaxed) }
    shift.store(UInt64(32 - bits), ordering: .relaxed)
    for index in 0..<made where unsafe (records + index).currentState & RegionState.valid != 0 {
      place(unsafe Self.entry(UInt32(index), records + index).word)
    }
    return true
  }

  @inline(__always)
  private static func entry(
    _ index: UInt32,
    _ record: UnsafeMutablePointer<CacheRecord>
  ) -> (word: UInt64, sizeClass: Int) {
    let (start, end) = unsafe (record.start, record.end)
    let sizeClass = sizeClass(start, end)
    return (hash(start &>> sizeClass, sizeClass) << 32 | UInt64(index + 1), Int(sizeClass))
  }

  private func place(_ entry: UInt64) {
    let shift = shift.load(ordering: .relaxed)
    let mask = (UInt64(1) << (32 - shift)) - 1
    var slot = (entry >> 32) >> shift
    while self.entry(slot) != 0 { slot = (slot + 1) & mask }
    unsafe entries[Int(slot)].store(entry, ordering: .releasing)
  }

  @inline(__always)
  private func entry(_ slot: UInt64) -> UInt64 {
    unsafe entries[Int(truncatingIfNeeded: slot)].load(ordering: .relaxed)
  }
}
