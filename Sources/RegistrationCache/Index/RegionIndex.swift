internal import LinuxSystem
internal import Synchronization

/// Regions by address: in a table of blocks of 2 MiB, reached through one of windows of 16 GiB.
///
/// A block's entry names the one region in it, or a map of its pages, each of which names the region that holds it. So any
/// address is looked up in three or four loads, whatever the region's size and wherever in it the address lies; a change
/// starts from the blocks it touches. The regions of one plane share no page. Those that do, of other permissions or
/// overlapping by little, are in further planes.
///
/// Readers need no lock, and nothing that they may follow is ever unmapped. An entry that is about to become another's is
/// told by the bounds of the record it leads to. Only the holder of the lock changes anything.
@safe
struct RegionIndex: ~Copyable {
  typealias Cells = UnsafeMutablePointer<Atomic<UInt32>>

  static let pageBits: UInt64 = 12
  static let blockBits: UInt64 = 21
  static let leafBits: UInt64 = 13
  static let addressBits: UInt64 = 48
  static let planeLimit = 8
  /// Set in the entry of a block that has a map.
  static let isMap: UInt32 = 1 << 31

  static var blockPages: UInt64 { 1 << (blockBits - pageBits) }
  static var windowBits: UInt64 { blockBits + leafBits }
  private static var rootCount: Int { 1 << (addressBits - windowBits) }
  private static let leafLimit = 2048

  private var rootMemory: ReservedMemory
  private var leafMemory: ReservedMemory
  private var mapMemory: ReservedMemory
  private var usageMemory: ReservedMemory
  let roots: Cells
  let leaves: Cells
  let maps: Cells
  /// How many pages of each map are named, or the next free one.
  private let usage: UnsafeMutablePointer<UInt32>
  private let mapLimit: Int
  private var leafCount = 1
  private var mapCount = 1
  private var freeMap: UInt32 = 0
  private var freeMaps = 0
  private let planes = Atomic<Int>(1)

  init(capacity: Int) throws(SystemError) {
    let mapLimit = min(capacity / 2 + 64, 1 << 22)
    let word = MemoryLayout<UInt32>.stride
    let mapBytes = Int(Self.blockPages) * word
    // Window 0 has no regions and is where all windows without any lead; map 0 is none.
    let planes = try Self.room(Self.planeLimit * Self.rootCount * word, Self.rootCount * word)
    let windows = try Self.room(
      (Self.leafLimit * word) << Int(Self.leafBits),
      word << Int(Self.leafBits)
    )
    let pages = try Self.room(mapLimit * mapBytes, mapBytes)
    let counts = try Self.room(mapLimit * word, word)
    rootMemory = planes
    leafMemory = windows
    mapMemory = pages
    usageMemory = counts
    self.mapLimit = mapLimit
    unsafe roots = rootMemory.base.assumingMemoryBound(to: Atomic<UInt32>.self)
    unsafe leaves = leafMemory.base.assumingMemoryBound(to: Atomic<UInt32>.self)
    unsafe maps = mapMemory.base.assumingMemoryBound(to: Atomic<UInt32>.self)
    unsafe usage = usageMemory.base.assumingMemoryBound(to: UInt32.self)
  }

  private static func room(_ capacity: Int, _ size: Int) throws(SystemError) -> ReservedMemory {
    var memory = try ReservedMemory(capacity: capacity)
    if let code = memory.grow(to: size) {
      throw SystemError("make room for a registration cache", code: code)
    }
    return memory
  }

  /// The planes that have had regions.
  var planeCount: Int { planes.load(ordering: .acquiring) }

  @inline(__always)
  static func root(_ roots: Cells, _ plane: Int) -> Cells { unsafe roots + plane * rootCount }

  /// The number of the record that holds the page at `address`, or another's; 0 for none. `address` is below 2^48.
  @inline(__always)
  static func find(_ address: UInt64, _ root: Cells, _ leaves: Cells, _ maps: Cells) -> UInt32 {
    let window = Int(truncatingIfNeeded: address &>> windowBits)
    let leaf = UInt64(unsafe root[window].load(ordering: .acquiring))
    let block = (address &>> blockBits) & ((1 &<< leafBits) &- 1)
    let cell = Int(truncatingIfNeeded: leaf &<< leafBits | block)
    let entry = unsafe leaves[cell].load(ordering: .acquiring)
    guard entry & isMap != 0 else { return entry }
    let page = (address &>> pageBits) & (blockPages &- 1)
    let slot = UInt64(entry & ~isMap) &<< (blockBits &- pageBits) | page
    return unsafe maps[Int(truncatingIfNeeded: slot)].load(ordering: .acquiring)
  }

  func find(_ address: UInt64, plane: Int) -> UInt32 {
    guard address >> Self.addressBits == 0 else { return 0 }
    return unsafe Self.find(address, Self.root(roots, plane), leaves, maps)
  }

  /// Passes the number of every record of a plane that shares a page with [start, end) on, until `body` returns false.
  ///
  /// Records that are being added or taken out meanwhile may be missed, and some are passed more than once.
  func forEach(_ plane: Int, _ start: UInt64, _ end: UInt64, _ body: (UInt32) -> Bool) {
    let root = unsafe Self.root(roots, plane)
    let limit = UInt64(1) << Self.addressBits
    guard start < end, start < limit else { return }
    var block = start >> Self.blockBits
    let last = (min(end, limit) - 1) >> Self.blockBits
    var previous: UInt32 = 0
    while block <= last {
      let leaf = UInt64(unsafe root[Int(block >> Self.leafBits)].load(ordering: .acquiring))
      guard leaf != 0 else {
        block = ((block >> Self.leafBits) + 1) << Self.leafBits
        continue
      }
      let cell = Int(leaf << Self.leafBits | block & ((1 << Self.leafBits) - 1))
      let entry = unsafe leaves[cell].load(ordering: .acquiring)
      if entry & Self.isMap != 0 {
        let origin = block << Self.blockBits
        let from = max(start, origin) - origin
        let to = min(end - origin, 1 << Self.blockBits)
        var slot = Int(UInt64(entry & ~Self.isMap) * Self.blockPages + from >> Self.pageBits)
        let stop = slot + Int((to - 1) >> Self.pageBits - from >> Self.pageBits)
        while slot <= stop {
          let number = unsafe maps[slot].load(ordering: .acquiring)
          if number != 0, number != previous {
            previous = number
            guard body(number) else { return }
          }
          slot += 1
        }
      } else if entry != 0, entry != previous {
        previous = entry
        guard body(entry) else { return }
      }
      block += 1
    }
  }
}

// By the holder of the lock.
extension RegionIndex {
  /// Adds a record of whose pages no other is in the plane; false where there is no memory.
  mutating func insert(
    _ number: UInt32,
    plane: Int,
    in records: UnsafeMutablePointer<CacheRecord>
  ) -> Bool {
    let record = unsafe records + Int(number)
    let (start, end) = unsafe (record.start, record.end)
    guard end <= 1 << Self.addressBits, growPlanes(to: plane + 1),
      makeLeaves(plane, start, end), growMaps(to: mapCount + max(0, 2 - freeMaps))
    else { return false }
    var origin = start & ~((1 << Self.blockBits) - 1)
    while origin < end {
      let cell = unsafe cell(origin, plane)
      let entry = unsafe cell.pointee.load(ordering: .relaxed)
      if entry == 0 {
        unsafe cell.pointee.store(number, ordering: .releasing)
      } else {
        let map = entry & Self.isMap != 0 ? entry & ~Self.isMap : takeMap()
        if entry & Self.isMap == 0 {
          unsafe fill(map, origin, with: entry, of: records + Int(entry))
        }
        unsafe fill(map, origin, with: number, of: record)
        unsafe cell.pointee.store(map | Self.isMap, ordering: .releasing)
      }
      origin += 1 << Self.blockBits
    }
    return true
  }

  /// Takes a record out.
  mutating func remove(
    _ number: UInt32,
    plane: Int,
    from records: UnsafeMutablePointer<CacheRecord>
  ) {
    let record = unsafe records + Int(number)
    let (start, end) = unsafe (record.start, record.end)
    var origin = start & ~((1 << Self.blockBits) - 1)
    while origin < end {
      let cell = unsafe cell(origin, plane)
      let entry = unsafe cell.pointee.load(ordering: .relaxed)
      if entry & Self.isMap == 0 {
        unsafe cell.pointee.store(0, ordering: .releasing)
      } else {
        let map = entry & ~Self.isMap
        unsafe fill(map, origin, with: 0, of: record)
        if unsafe usage[Int(map)] == 0 {
          unsafe cell.pointee.store(0, ordering: .releasing)
          unsafe usage[Int(map)] = freeMap
          freeMap = map
          freeMaps += 1
        }
      }
      origin += 1 << Self.blockBits
    }
  }

  /// Gives the memory of an index without regions back.
  mutating func discard() {
    rootMemory.discard()
    leafMemory.discard()
    mapMemory.discard()
    usageMemory.discard()
    (leafCount, mapCount, freeMap, freeMaps) = (1, 1, 0, 0)
    planes.store(1, ordering: .releasing)
  }

  // The pages of a block that a record holds.
  private func fill(
    _ map: UInt32,
    _ origin: UInt64,
    with number: UInt32,
    of record: UnsafeMutablePointer<CacheRecord>
  ) {
    let from = unsafe max(record.start, origin) - origin
    let to = unsafe min(record.end - origin, 1 << Self.blockBits)
    let first = UInt64(map) * Self.blockPages
    for page in (from >> Self.pageBits)..<(to >> Self.pageBits) {
      unsafe maps[Int(first + page)].store(number, ordering: .releasing)
    }
    let count = UInt32(to >> Self.pageBits - from >> Self.pageBits)
    if number == 0 { unsafe usage[Int(map)] -= count } else { unsafe usage[Int(map)] += count }
  }

  private func cell(_ address: UInt64, _ plane: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
    let window = Int(address >> Self.windowBits)
    let leaf = unsafe Self.root(roots, plane)[window].load(ordering: .relaxed)
    let block = (address >> Self.blockBits) & ((1 << Self.leafBits) - 1)
    return unsafe leaves + Int(UInt64(leaf) << Self.leafBits | block)
  }

  private mutating func takeMap() -> UInt32 {
    var map = freeMap
    if map != 0 {
      unsafe freeMap = usage[Int(map)]
      freeMaps -= 1
    } else {
      map = UInt32(mapCount)
      mapCount += 1
    }
    unsafe usage[Int(map)] = 0
    return map
  }

  private mutating func growMaps(to count: Int) -> Bool {
    guard count <= mapLimit else { return false }
    let word = MemoryLayout<UInt32>.stride
    return mapMemory.grow(to: count * Int(Self.blockPages) * word) == nil
      && usageMemory.grow(to: count * word) == nil
  }

  private mutating func growPlanes(to count: Int) -> Bool {
    guard count <= Self.planeLimit else { return false }
    guard rootMemory.grow(to: count * Self.rootCount * MemoryLayout<UInt32>.stride) == nil
    else { return false }
    if count > planeCount { planes.store(count, ordering: .releasing) }
    return true
  }

  private mutating func makeLeaves(_ plane: Int, _ start: UInt64, _ end: UInt64) -> Bool {
    let root = unsafe Self.root(roots, plane)
    for window in Int(start >> Self.windowBits)...Int((end - 1) >> Self.windowBits)
    where unsafe root[window].load(ordering: .relaxed) == 0 {
      guard let leaf = makeLeaf() else { return false }
      unsafe root[window].store(leaf, ordering: .releasing)
    }
    return true
  }

  private mutating func makeLeaf() -> UInt32? {
    let size = MemoryLayout<UInt32>.stride << Int(Self.leafBits)
    guard leafCount < Self.leafLimit, leafMemory.grow(to: (leafCount + 1) * size) == nil
    else { return nil }
    leafCount += 1
    return UInt32(leafCount - 1)
  }
}
