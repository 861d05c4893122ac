internal import LinuxSystem
internal import Synchronization

/// One region of a cache: a cache line of its own, so that users of different regions share none.
struct CacheRecord: ~Copyable, IntervalTreeElement {
  var interval = IntervalNode()
  let state = Atomic<UInt64>(0)
  var handle: UInt64 = 0
  var lkey: UInt32 = 0
  var rkey: UInt32 = 0
  let access = Atomic<UInt32>(0)
  var next = CacheRecord.none

  static var none: UInt32 { .max }
}

/// The state of a record in one word, so that taking a valid region, counting the hit and marking it used is one exchange.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0-23 | users |
/// | 24 | valid: may be handed out |
/// | 25 | used since the clock's hand last passed |
/// | 26 | being registered, in the tree only |
/// | 27 | cancelled while being registered |
/// | 28-63 | hits |
enum RegionState {
  static let userMask: UInt64 = (1 << 24) - 1
  static let userLimit: UInt64 = 1 << 23
  static let valid: UInt64 = 1 << 24
  static let used: UInt64 = 1 << 25
  static let pending: UInt64 = 1 << 26
  static let cancelled: UInt64 = 1 << 27
  static let hit: UInt64 = 1 << 28
  static let hitLimit: UInt64 = 1 << 63

  /// What must be set, and set alone, of `gate` for a region to be handed out without the lock.
  static let gate = valid | userLimit | hitLimit

  /// Whether a region registered for `held` serves a request for `wanted`: permissions by inclusion, the rest exactly.
  @inline(__always)
  static func allows(_ held: UInt32, _ wanted: UInt32) -> Bool {
    wanted & ~held | (held ^ wanted) & ~permissions == 0
  }

  // Local write, remote write, remote read, remote atomic, window binding, both flushes.
  private static var permissions: UInt32 { 0x31f }

  static func users(_ state: UInt64) -> UInt64 { state & userMask }
  static func hits(_ state: UInt64) -> UInt64 { state >> 28 }
}

extension UnsafeMutablePointer where Pointee == CacheRecord {
  @inline(__always)
  var start: UInt64 { unsafe pointee.interval.start.load(ordering: .relaxed) }

  @inline(__always)
  var end: UInt64 { unsafe pointee.interval.end.load(ordering: .relaxed) }

  @inline(__always)
  var currentState: UInt64 { unsafe pointee.state.load(ordering: .relaxed) }

  /// Whether the record, as it is at this moment, holds [start, end) and allows `access`.
  @inline(__always)
  func serves(_ start: UInt64, _ end: UInt64, _ access: UInt32) -> Bool {
    guard unsafe self.start <= start, unsafe self.end >= end else { return false }
    return RegionState.allows(unsafe pointee.access.load(ordering: .relaxed), access)
  }

  /// Adds a user if the region is valid. Until that is done the record may become another region's.
  @inline(__always)
  func take() -> Bool {
    var state = unsafe pointee.state.load(ordering: .relaxed)
    while state & RegionState.gate == RegionState.valid {
      let (done, now) = unsafe pointee.state.weakCompareExchange(
        expected: state,
        desired: (state &+ RegionState.hit &+ 1) | RegionState.used,
        successOrdering: .acquiring,
        failureOrdering: .relaxed
      )
      if done { return true }
      state = now
    }
    return false
  }
}
