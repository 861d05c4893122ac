extension IntervalTree where Element: ~Copyable {
  /// Passes every record whose interval shares an address with [start, end) to `body`, by order of start,
  /// until `body` returns false. `body` must not change the tree.
  @inlinable public func overlapping(
    _ start: UInt64,
    _ end: UInt64,
    _ body: (UInt32) -> Bool
  ) {
    _ = visit(root, start, end, body)
  }

  /// The first record that holds all of [start, end) and of which `accepts` holds.
  @inlinable public func first(
    containing start: UInt64,
    _ end: UInt64,
    where accepts: (UInt32) -> Bool
  ) -> UInt32? {
    var found: UInt32?
    overlapping(start, end) { index in
      guard self.start(index) <= start, self.end(index) >= end, accepts(index) else { return true }
      found = index
      return false
    }
    return found
  }

  /// Takes every record that shares an address with [start, end) out and passes it to `body`.
  ///
  /// Costs O(log n) and then a constant for each record that starts inside; a record that only reaches
  /// in from before costs O(log n).
  @inlinable public mutating func removeOverlapping(
    _ start: UInt64,
    _ end: UInt64,
    _ body: (UInt32) -> Void
  ) {
    guard start < end else { return }
    let (before, rest) = split(root, startingBefore: start)
    let (inside, after) = split(rest, startingBefore: end)
    root = before
    while let index = lastReaching(past: start) {
      remove(index)
      body(index)
    }
    root = join(root, after)
    drain(inside, body)
  }

  @inlinable func visit(
    _ top: UInt32,
    _ start: UInt64,
    _ end: UInt64,
    _ body: (UInt32) -> Bool
  ) -> Bool {
    guard maximumEnd(top) > start else { return true }
    guard visit(left(top), start, end, body) else { return false }
    guard self.start(top) < end else { return true }
    if self.end(top) > start, !body(top) { return false }
    return visit(right(top), start, end, body)
  }

  @inlinable func lastReaching(past address: UInt64) -> UInt32? {
    var top = root
    while maximumEnd(top) > address {
      if maximumEnd(right(top)) > address {
        top = right(top)
      } else if end(top) > address {
        return top
      } else {
        top = left(top)
      }
    }
    return nil
  }

  // The links are read before `body` gets the record: it may reuse it at once.
  @inlinable func drain(_ top: UInt32, _ body: (UInt32) -> Void) {
    guard top != IntervalNode.none else { return }
    let (left, right) = (left(top), right(top))
    drain(left, body)
    body(top)
    drain(right, body)
  }
}
