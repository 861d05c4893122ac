internal import Synchronization

/// The ranges that are being registered, for changes of memory to cancel: what was pinned before a change must not be kept.
///
/// Slots are taken and given back with the cache's lock held, and cancelled by anybody.
@safe
struct PendingRegistrations: ~Copyable {
  struct Slot: ~Copyable {
    let start = Atomic<UInt64>(0)
    let end = Atomic<UInt64>(0)
    let state = Atomic<UInt32>(State.free)
    var access: UInt32 = 0
  }

  enum State {
    static let free: UInt32 = 0
    static let active: UInt32 = 1
    static let cancelled: UInt32 = 2
  }

  /// More threads than that register at once without the result being kept.
  static let limit = 256

  private let slots: UnsafeMutablePointer<Slot>
  /// The slots that have been in use.
  private let made = Atomic<Int>(0)

  init() {
    unsafe slots = .allocate(capacity: Self.limit)
    for index in 0..<Self.limit { unsafe (slots + index).initialize(to: Slot()) }
  }

  /// Announces a registration; `nil` where there are too many.
  func add(_ start: UInt64, _ end: UInt64, _ access: UInt32) -> Int? {
    let count = made.load(ordering: .relaxed)
    for index in 0..<Self.limit
    where unsafe slots[index].state.load(ordering: .relaxed) == State.free {
      unsafe slots[index].start.store(start, ordering: .relaxed)
      unsafe slots[index].end.store(end, ordering: .relaxed)
      unsafe slots[index].access = access
      unsafe slots[index].state.store(State.active, ordering: .sequentiallyConsistent)
      if index >= count { made.store(index + 1, ordering: .sequentiallyConsistent) }
      return index
    }
    return nil
  }

  /// Ends an announcement; false where it was cancelled.
  func remove(_ index: Int) -> Bool {
    let before = unsafe slots[index].state
      .exchange(
        State.free,
        ordering: .sequentiallyConsistent
      )
    return before == State.active
  }

  func isCancelled(_ index: Int) -> Bool {
    unsafe slots[index].state.load(ordering: .acquiring) == State.cancelled
  }

  /// Cancels what shares an address with [start, end).
  func cancel(_ start: UInt64, _ end: UInt64) {
    for index in 0..<made.load(ordering: .sequentiallyConsistent)
    where unsafe slots[index].state.load(ordering: .sequentiallyConsistent) == State.active
      && slots[index].start.load(ordering: .relaxed) < end
      && slots[index].end.load(ordering: .relaxed) > start
    {
      _ = unsafe slots[index].state
        .compareExchange(
          expected: State.active,
          desired: State.cancelled,
          ordering: .sequentiallyConsistent
        )
    }
  }

  /// Whether a registration is under way of something in [start, end).
  func overlaps(_ start: UInt64, _ end: UInt64) -> Bool {
    for index in 0..<made.load(ordering: .sequentiallyConsistent)
    where unsafe slots[index].state.load(ordering: .sequentiallyConsistent) != State.free
      && slots[index].start.load(ordering: .relaxed) < end
      && slots[index].end.load(ordering: .relaxed) > start
    {
      return true
    }
    return false
  }

  /// Whether a registration is under way that would serve a request; with the lock held.
  func serves(_ start: UInt64, _ end: UInt64, _ access: UInt32) -> Bool {
    for index in 0..<made.load(ordering: .relaxed)
    where unsafe slots[index].state.load(ordering: .relaxed) == State.active
      && slots[index].start.load(ordering: .relaxed) <= start
      && slots[index].end.load(ordering: .relaxed) >= end
      && RegionState.allows(slots[index].access, access)
    {
      return true
    }
    return false
  }
}
