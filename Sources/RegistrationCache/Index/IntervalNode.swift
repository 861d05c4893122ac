public import Synchronization

/// The part of a record that an `IntervalTree` keeps it by; 32 bytes.
///
/// The bounds are atomic because readers without the tree's lock may look at a record that is being reused.
public struct IntervalNode: ~Copyable, Sendable {
  /// The first address.
  public let start = Atomic<UInt64>(0)
  /// The first address past the interval.
  public let end = Atomic<UInt64>(0)
  @usableFromInline var maximumEnd: UInt64 = 0
  @usableFromInline var left = IntervalNode.none
  @usableFromInline var right = IntervalNode.none

  @usableFromInline static var none: UInt32 { .max }

  /// An empty interval that is in no tree.
  @inlinable public init() {}

  /// Sets the bounds; only while the record is in no tree.
  @inlinable public func set(start: UInt64, end: UInt64) {
    self.start.store(start, ordering: .relaxed)
    self.end.store(end, ordering: .relaxed)
  }
}

/// A record that an `IntervalTree` can hold without allocating anything for it: its first stored property is its
/// `IntervalNode`.
public protocol IntervalTreeElement: ~Copyable {}
