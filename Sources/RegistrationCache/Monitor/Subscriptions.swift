internal import HostMemory
internal import LinuxSystem
internal import Synchronization

/// Who is told of changes, and of which addresses.
///
/// Added to and taken from with a lock held; the thread that delivers takes none, so that it waits for nobody.
@safe
struct Subscriptions: ~Copyable {
  struct Slot: ~Copyable {
    let state = Atomic<UInt32>(State.free)
    var start: UInt64 = 0
    var end: UInt64 = 0
    var observer: (any AddressSpaceObserver)?
    var invalidation: (any InvalidationObserver)?
  }

  enum State {
    static let free: UInt32 = 0
    static let active: UInt32 = 1
    /// Ended from inside a callback, where nothing can be freed.
    static let cancelled: UInt32 = 2
  }

  static let limit = 1 << 16

  private var memory: ReservedMemory
  private let slots: UnsafeMutablePointer<Slot>
  private let made = Atomic<Int>(0)
  private let hasCancelled = Atomic<Bool>(false)
  /// Odd while events are being delivered.
  private let deliveries = Atomic<UInt64>(0)

  init() throws(SystemError) {
    memory = try ReservedMemory(capacity: Self.limit * MemoryLayout<Slot>.stride)
    unsafe slots = memory.base.assumingMemoryBound(to: Slot.self)
  }

  /// Adds one; `nil` where there is no room.
  mutating func add(_ observer: any AddressSpaceObserver, _ range: AddressRange) -> UInt32? {
    guard let index = take() else { return nil }
    let end = range.start.addingReportingOverflow(range.length)
    unsafe slots[index].start = range.start
    unsafe slots[index].end = end.overflow ? .max : end.partialValue
    unsafe slots[index].observer = observer
    unsafe slots[index].invalidation = observer as? any InvalidationObserver
    unsafe slots[index].state.store(State.active, ordering: .releasing)
    return UInt32(index)
  }

  /// No more calls from now on; what is running goes on until the delivery that `awaitDelivery(_:)` waits for has ended.
  func cancel(_ index: UInt32) -> UInt64 {
    unsafe slots[Int(index)].state.store(State.cancelled, ordering: .sequentiallyConsistent)
    return deliveries.load(ordering: .sequentiallyConsistent)
  }

  /// From inside a callback: the observer stays until `sweep()`.
  func cancelInCallback(_ index: UInt32) {
    _ = cancel(index)
    hasCancelled.store(true, ordering: .releasing)
  }

  /// Whether the delivery under way when a subscription was cancelled is still going on.
  func isDelivering(_ number: UInt64) -> Bool {
    number % 2 == 1 && deliveries.load(ordering: .acquiring) == number
  }

  var delivery: UInt64 { deliveries.load(ordering: .sequentiallyConsistent) }

  /// Hands over the observer of a cancelled subscription, to be let go where freeing is allowed.
  mutating func remove(_ index: UInt32) -> (any AddressSpaceObserver)? {
    let index = Int(index)
    unsafe slots[index].invalidation = nil
    let observer = unsafe slots[index].observer.take()
    unsafe slots[index].state.store(State.free, ordering: .releasing)
    return observer
  }

  /// The observer of one subscription that was cancelled from inside a callback.
  mutating func sweep() -> (any AddressSpaceObserver)? {
    guard hasCancelled.load(ordering: .acquiring) else { return nil }
    for index in 0..<made.load(ordering: .relaxed)
    where unsafe slots[index].state.load(ordering: .relaxed) == State.cancelled {
      return remove(UInt32(index))
    }
    hasCancelled.store(false, ordering: .relaxed)
    return nil
  }

  private mutating func take() -> Int? {
    let count = made.load(ordering: .relaxed)
    for index in 0..<count
    where unsafe slots[index].state.load(ordering: .relaxed) == State.free {
      return index
    }
    guard memory.grow(to: (count + 1) * MemoryLayout<Slot>.stride) == nil else { return nil }
    unsafe (slots + count).initialize(to: Slot())
    made.store(count + 1, ordering: .releasing)
    return count
  }
}

// By the thread that delivers alone.
extension Subscriptions {
  func beginDelivery() { deliveries.add(1, ordering: .sequentiallyConsistent) }
  func endDelivery() { deliveries.add(1, ordering: .sequentiallyConsistent) }

  func deliver(_ event: AddressSpaceEvent) {
    let end = event.range.start.addingReportingOverflow(event.range.length)
    let last = end.overflow ? .max : end.partialValue
    forEachActive { index in
      if unsafe slots[index].start < last, unsafe slots[index].end > event.range.start {
        unsafe slots[index].observer?.changed(event)
      }
    }
  }

  func forEachInvalidationObserver(_ body: (any InvalidationObserver) -> Void) {
    forEachActive { index in
      if let observer = unsafe slots[index].invalidation { body(observer) }
    }
  }

  private func forEachActive(_ body: (Int) -> Void) {
    for index in 0..<made.load(ordering: .acquiring)
    where unsafe slots[index].state.load(ordering: .sequentiallyConsistent) == State.active {
      body(index)
    }
  }
}
