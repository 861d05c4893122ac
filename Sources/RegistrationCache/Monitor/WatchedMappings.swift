internal import LinuxSystem
internal import Synchronization

/// How much of what happens to a range the monitor gets to see.
public enum Visibility: Int, Comparable, Sendable {
  /// Nothing: no such mapping, or one that userfaultfd cannot watch.
  case nothing
  /// What this process does to its mapping, but not what happens to the file behind it (truncation, hole punching).
  case mappingOnly
  /// Every change that cuts the addresses from their pages.
  case everything

  /// The one that sees less comes first.
  public static func < (first: Visibility, second: Visibility) -> Bool {
    first.rawValue < second.rawValue
  }
}

/// The mappings that are registered with userfaultfd, as far as events have shown; not thread-safe by itself.
@safe
struct WatchedMappings: ~Copyable {
  struct Record: IntervalTreeElement, ~Copyable {
    var interval = IntervalNode()
    var next: UInt32 = 0
    var generation: UInt32 = 0
    /// Those who hold it; it is watched no longer when the last lets go.
    var holds: UInt32 = 0
    /// Who holds what is not known any more, since the mapping was split or a hold is on several.
    var isShared = false
    /// Watched for whoever may want to know, until the monitor stops.
    var isPermanent = false
    var visibility = Visibility.nothing
  }

  static let limit = 1 << 20

  private var memory: ReservedMemory
  private let records: UnsafeMutablePointer<Record>
  private var tree: IntervalTree<Record>
  private var made = 0
  private var free = UInt32.max

  init() throws(SystemError) {
    memory = try ReservedMemory(capacity: Self.limit * MemoryLayout<Record>.stride)
    unsafe records = memory.base.assumingMemoryBound(to: Record.self)
    unsafe tree = IntervalTree(over: records)
  }

  /// What is seen of all of [start, end), and a hold on the mapping; `nil` where part of it is not known to be watched.
  mutating func hold(
    _ start: UInt64,
    _ end: UInt64,
    permanently isPermanent: Bool
  ) -> (visibility: Visibility, hold: MappingHold)? {
    var (next, least, first, count) = (start, Visibility.everything, UInt32.max, 0)
    let records = unsafe records
    tree.overlapping(start, end) { index in
      guard unsafe records[Int(index)].interval.start.load(ordering: .relaxed) <= next else {
        return false
      }
      unsafe next = records[Int(index)].interval.end.load(ordering: .relaxed)
      unsafe least = min(least, records[Int(index)].visibility)
      first = index
      count += 1
      return true
    }
    guard next >= end, count > 0 else { return nil }
    guard count == 1, !isPermanent else {
      tree.overlapping(start, end) { index in
        if isPermanent {
          unsafe records[Int(index)].isPermanent = true
        } else {
          unsafe records[Int(index)].isShared = true
        }
        return true
      }
      return (least, .none)
    }
    unsafe records[Int(first)].holds += 1
    let generation = unsafe records[Int(first)].generation
    return (least, MappingHold(index: first, generation: generation))
  }

  /// Gives a hold back; the bounds of the mapping where it was the last and nothing else keeps it watched.
  mutating func release(_ hold: MappingHold) -> (start: UInt64, end: UInt64)? {
    guard hold != .none, unsafe records[Int(hold.index)].generation == hold.generation,
      unsafe records[Int(hold.index)].holds > 0
    else { return nil }
    unsafe records[Int(hold.index)].holds -= 1
    guard unsafe records[Int(hold.index)].holds == 0, unsafe !records[Int(hold.index)].isShared,
      unsafe !records[Int(hold.index)].isPermanent
    else { return nil }
    return unsafe Self.bounds(records + Int(hold.index))
  }

  /// Adds a mapping, which may hold such as were separate before: whoever holds one of those holds it.
  mutating func add(_ start: UInt64, _ end: UInt64, _ visibility: Visibility) {
    var (count, holder, isShared, isPermanent) = (0, UInt32.max, false, false)
    let records = unsafe records
    tree.overlapping(start, end) { index in
      unsafe isShared = isShared || records[Int(index)].isShared
      unsafe isPermanent = isPermanent || records[Int(index)].isPermanent
      if unsafe records[Int(index)].holds > 0 {
        count += 1
        holder = index
      }
      return true
    }
    if count == 1 {
      // The holders know the record.
      tree.remove(holder)
      remove(start, end)
      unsafe records[Int(holder)].interval.set(start: start, end: end)
    } else {
      remove(start, end)
      // Where there is no room the mapping is merely looked up again next time.
      guard let index = take() else { return }
      holder = index
      unsafe records[Int(holder)].interval.set(start: start, end: end)
      unsafe records[Int(holder)].holds = 0
      isShared = isShared || count > 1
    }
    unsafe records[Int(holder)].visibility = visibility
    unsafe records[Int(holder)].isShared = isShared
    unsafe records[Int(holder)].isPermanent = isPermanent
    tree.insert(holder)
  }

  mutating func remove(_ start: UInt64, _ end: UInt64) {
    var rest: (start: UInt64, end: UInt64, visibility: Visibility, isPermanent: Bool)?
    var freed = UInt32.max
    let records = unsafe records
    tree.removeOverlapping(start, end) { index in
      let (from, to) = unsafe Self.bounds(records + Int(index))
      if from < start || to > end {
        // At most one record reaches in from before and one past the end: they do not overlap.
        if from < start, to > end {
          rest = unsafe (end, to, records[Int(index)].visibility, records[Int(index)].isPermanent)
          unsafe records[Int(index)].isShared = true
        }
        let kept = from < start ? (from, start) : (end, to)
        unsafe records[Int(index)].interval.set(start: kept.0, end: kept.1)
      } else {
        unsafe records[Int(index)].interval.set(start: 0, end: 0)
      }
      unsafe records[Int(index)].next = freed
      freed = index
    }
    while freed != .max {
      let index = freed
      unsafe freed = records[Int(index)].next
      if unsafe records[Int(index)].interval.end.load(ordering: .relaxed) > 0 {
        tree.insert(index)
      } else {
        unsafe records[Int(index)].generation &+= 1
        unsafe records[Int(index)].next = free
        free = index
      }
    }
    if let rest {
      add(rest.start, rest.end, rest.visibility)
      tree.overlapping(rest.start, rest.end) { index in
        unsafe records[Int(index)].isShared = true
        unsafe records[Int(index)].isPermanent = rest.isPermanent
        return true
      }
    }
  }

  /// The first mapping from `address` on that is watched for those who hold it alone, though who does is not known.
  func firstShared(from address: UInt64) -> (start: UInt64, end: UInt64)? {
    var found: (start: UInt64, end: UInt64)?
    let records = unsafe records
    tree.overlapping(address, .max) { index in
      let record = unsafe records + Int(index)
      guard unsafe record.pointee.isShared, unsafe !record.pointee.isPermanent else { return true }
      found = unsafe Self.bounds(record)
      return false
    }
    return found
  }

  /// Passes the bounds of every mapping on.
  func forEach(_ body: (_ start: UInt64, _ end: UInt64) -> Void) {
    let records = unsafe records
    tree.overlapping(0, .max) { index in
      let (start, end) = unsafe Self.bounds(records + Int(index))
      body(start, end)
      return true
    }
  }

  mutating func removeAll() { remove(0, .max) }

  private static func bounds(_ record: UnsafeMutablePointer<Record>) -> (start: UInt64, end: UInt64)
  {
    unsafe (
      record.pointee.interval.start.load(ordering: .relaxed),
      record.pointee.interval.end.load(ordering: .relaxed)
    )
  }

  private mutating func take() -> UInt32? {
    if free != .max {
      let index = free
      unsafe free = records[Int(index)].next
      return index
    }
    guard memory.grow(to: (made + 1) * MemoryLayout<Record>.stride) == nil else { return nil }
    unsafe (records + made).initialize(to: Record())
    made += 1
    return UInt32(made - 1)
  }
}
