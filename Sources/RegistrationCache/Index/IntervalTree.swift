public import Synchronization

/// Intervals of addresses by order of their start, in records that the caller keeps in one array.
///
/// A treap whose priorities are hashes of the record's index: no record has room for one, and nothing is ever
/// allocated, so every operation is allowed where an allocator lock may be held. Overlaps are found by the
/// greatest end of each subtree, as in the kernel's `include/linux/interval_tree_generic.h`.
@safe
public struct IntervalTree<Element: IntervalTreeElement & ~Copyable>: ~Copyable {
  @usableFromInline let records: UnsafeMutablePointer<Element>
  @usableFromInline var root = IntervalNode.none

  /// An empty tree over `records`, which must stay where they are.
  @inlinable public init(over records: UnsafeMutablePointer<Element>) {
    unsafe self.records = unsafe records
  }

  /// Whether no record is in the tree.
  @inlinable public var isEmpty: Bool { root == IntervalNode.none }

  /// Adds the record at `index`, whose interval is set and which is in no tree.
  @inlinable public mutating func insert(_ index: UInt32) {
    setLinks(index, left: IntervalNode.none, right: IntervalNode.none)
    root = insert(index, below: root)
  }

  /// Takes the record at `index` out.
  @inlinable public mutating func remove(_ index: UInt32) { root = remove(index, below: root) }

  @inlinable func insert(_ index: UInt32, below top: UInt32) -> UInt32 {
    guard top != IntervalNode.none else { return index }
    guard priority(index) <= priority(top) else {
      let (left, right) = split(top, before: index)
      setLinks(index, left: left, right: right)
      return index
    }
    if precedes(index, top) {
      setLinks(top, left: insert(index, below: left(top)), right: right(top))
    } else {
      setLinks(top, left: left(top), right: insert(index, below: right(top)))
    }
    return top
  }

  @inlinable func remove(_ index: UInt32, below top: UInt32) -> UInt32 {
    guard top != IntervalNode.none else { return top }
    guard index != top else { return join(left(top), right(top)) }
    if precedes(index, top) {
      setLinks(top, left: remove(index, below: left(top)), right: right(top))
    } else {
      setLinks(top, left: left(top), right: remove(index, below: right(top)))
    }
    return top
  }

  // Equal starts are told apart by index, so that a record is found again without comparing anything else.
  @inlinable func precedes(_ index: UInt32, _ other: UInt32) -> Bool {
    let (start, pivot) = (start(index), start(other))
    return start < pivot || (start == pivot && index < other)
  }

  @inlinable func split(_ top: UInt32, before index: UInt32) -> (UInt32, UInt32) {
    guard top != IntervalNode.none else { return (top, top) }
    if precedes(index, top) {
      let (first, second) = split(left(top), before: index)
      setLinks(top, left: second, right: right(top))
      return (first, top)
    }
    let (first, second) = split(right(top), before: index)
    setLinks(top, left: left(top), right: first)
    return (top, second)
  }

  @inlinable func split(_ top: UInt32, startingBefore address: UInt64) -> (UInt32, UInt32) {
    guard top != IntervalNode.none else { return (top, top) }
    if start(top) >= address {
      let (first, second) = split(left(top), startingBefore: address)
      setLinks(top, left: second, right: right(top))
      return (first, top)
    }
    let (first, second) = split(right(top), startingBefore: address)
    setLinks(top, left: left(top), right: first)
    return (top, second)
  }

  @inlinable func join(_ first: UInt32, _ second: UInt32) -> UInt32 {
    guard first != IntervalNode.none else { return second }
    guard second != IntervalNode.none else { return first }
    if priority(first) > priority(second) {
      setLinks(first, left: left(first), right: join(right(first), second))
      return first
    }
    setLinks(second, left: join(first, left(second)), right: right(second))
    return second
  }
}

extension IntervalTree where Element: ~Copyable {
  // By address and not through the protocol: an accessor that is not specialized allocates a frame.
  @inlinable @inline(__always)
  func node(_ index: UInt32) -> UnsafeMutablePointer<IntervalNode> {
    unsafe UnsafeMutableRawPointer(records + Int(index)).assumingMemoryBound(to: IntervalNode.self)
  }

  @inlinable @inline(__always)
  func start(_ index: UInt32) -> UInt64 {
    unsafe node(index).pointee.start.load(ordering: .relaxed)
  }

  @inlinable @inline(__always)
  func end(_ index: UInt32) -> UInt64 {
    unsafe node(index).pointee.end.load(ordering: .relaxed)
  }

  @inlinable @inline(__always)
  func left(_ index: UInt32) -> UInt32 { unsafe node(index).pointee.left }

  @inlinable @inline(__always)
  func right(_ index: UInt32) -> UInt32 { unsafe node(index).pointee.right }

  @inlinable @inline(__always)
  func maximumEnd(_ index: UInt32) -> UInt64 {
    index == IntervalNode.none ? 0 : unsafe node(index).pointee.maximumEnd
  }

  // A finalizer's worth of mixing: neighbours in the array must not become neighbours in rank.
  @inlinable @inline(__always)
  func priority(_ index: UInt32) -> UInt32 {
    var mixed = (index &+ 1) &* 0x9E37_79B1
    mixed ^= mixed >> 15
    mixed = mixed &* 0x85EB_CA77
    return mixed ^ (mixed >> 13)
  }

  @inlinable @inline(__always)
  func setLinks(_ index: UInt32, left: UInt32, right: UInt32) {
    let greatest = max(end(index), maximumEnd(left), maximumEnd(right))
    unsafe node(index).pointee.left = left
    unsafe node(index).pointee.right = right
    unsafe node(index).pointee.maximumEnd = greatest
  }
}
