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

  /// What is seen of all of [start, end); `nil` where part of it is not known to be watched.
  func visibility(_ start: UInt64, _ end: UInt64) -> Visibility? {
    var next = start
    var least = Visibility.everything
    let records = unsafe records
    tree.overlapping(start, end) { index in
      guard unsafe records[Int(index)].interval.start.load(ordering: .relaxed) <= next else {
        return false
      }
      unsafe next = records[Int(index)].interval.end.load(ordering: .relaxed)
      unsafe least = min(least, records[Int(index)].visibility)
      return true
    }
    return next >= end ? least : nil
  }

  mutating func add(_ start: UInt64, _ end: UInt64, _ visibility: Visibility) {
    remove(start, end)
    // Where there is no room the mapping is merely looked up again next time.
    guard let index = take() else { return }
    unsafe records[Int(index)].interval.set(start: start, end: end)
    unsafe records[Int(index)].visibility = visibility
    tree.insert(index)
  }

  mutating func remove(_ start: UInt64, _ end: UInt64) {
    var rest: (start: UInt64, end: UInt64, visibility: Visibility)?
    var freed = UInt32.max
    let records = unsafe records
    tree.removeOverlapping(start, end) { index in
      let from = unsafe records[Int(index)].interval.start.load(ordering: .relaxed)
      let to = unsafe records[Int(index)].interval.end.load(ordering: .relaxed)
      if from < start || to > end {
        // At most one record reaches in from before and one past the end: they do not overlap.
        if from < start, to > end {
          rest = unsafe (end, to, records[Int(index)].visibility)
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
        unsafe records[Int(index)].next = free
        free = index
      }
    }
    if let rest { add(rest.start, rest.end, rest.visibility) }
  }

  mutating func removeAll() { remove(0, .max) }

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
