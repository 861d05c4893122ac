internal import Synchronization

/// One region of a cache: a cache line of its own, so that users of different regions share none.
///
/// What is in it stays while it is valid, has users or is being released. Readers that hold it by an older index entry see by
/// its bounds what it has become.
struct CacheRecord: ~Copyable {
  let start = Atomic<UInt64>(0)
  let end = Atomic<UInt64>(0)
  var handle: UInt64 = 0
  var lkey: UInt32 = 0
  var rkey: UInt32 = 0
  let access = Atomic<UInt32>(0)
  let state = Atomic<UInt32>(0)
  /// Not 0 when it was handed out since the clock's hand last passed.
  let used = Atomic<UInt32>(0)
  /// Users counted here, by threads that have no counter of their own.
  let strays = Atomic<Int32>(0)
  var hold = MappingHold.none
  var next: UInt32 = 0
  /// The plane of the index that it is in.
  var plane: UInt32 = 0
}

/// The bits of a record's state. Users are not among them: each thread counts its own (`ThreadLoans`).
enum RegionState {
  /// May be handed out. Cleared by whoever first finds the memory changed or the region in the way, without the lock.
  static let valid: UInt32 = 1
  /// There is a registration that somebody has yet to end.
  static let held: UInt32 = 2
  /// In the list of the invalidated, which whoever has the lock next takes out of the index.
  static let listed: UInt32 = 4
  /// Somebody looks for users in order to end the registration.
  static let reclaiming: UInt32 = 8
  /// Found in use when a region to evict was looked for: its last user makes it eligible again.
  static let parked: UInt32 = 16
  /// Handed out no more because its memory changed.
  static let changed: UInt32 = 32

  /// Whether a region registered for `held` serves a request for `wanted`: permissions by inclusion, the rest exactly.
  @inline(__always)
  static func allows(_ held: UInt32, _ wanted: UInt32) -> Bool {
    wanted & ~held | (held ^ wanted) & ~permissions == 0
  }

  /// Local write, remote write, remote read, remote atomic, window binding, both flushes.
  static var permissions: UInt32 { 0x31f }
  /// What a peer may do by the region, or by a window bound to it.
  static var peerPermissions: UInt32 { 0x31e }
}

extension UnsafeMutablePointer where Pointee == CacheRecord {
  @inline(__always)
  var start: UInt64 { unsafe pointee.start.load(ordering: .relaxed) }

  @inline(__always)
  var end: UInt64 { unsafe pointee.end.load(ordering: .relaxed) }

  @inline(__always)
  var access: UInt32 { unsafe pointee.access.load(ordering: .relaxed) }

  @inline(__always)
  var state: UInt32 { unsafe pointee.state.load(ordering: .acquiring) }

  @inline(__always)
  var isValid: Bool { unsafe state & RegionState.valid != 0 }

  /// Whether the record, as it is at this moment, holds [start, end) and allows `access`.
  @inline(__always)
  func serves(_ start: UInt64, _ end: UInt64, _ access: UInt32) -> Bool {
    guard unsafe self.start <= start, unsafe self.end >= end else { return false }
    return RegionState.allows(unsafe self.access, access)
  }

  /// Clears and sets bits at once; the state before.
  @discardableResult
  func change(clear: UInt32, set: UInt32 = 0) -> UInt32 {
    var before = unsafe state
    while true {
      let exchange = unsafe pointee.state.compareExchange(
        expected: before,
        desired: before & ~clear | set,
        ordering: .sequentiallyConsistent
      )
      if exchange.exchanged { return before }
      before = exchange.original
    }
  }

  /// Has it never handed out again, with `set` marked at once; false where somebody else did so first.
  func invalidate(set: UInt32) -> Bool {
    var before = unsafe state
    while before & RegionState.valid != 0 {
      let exchange = unsafe pointee.state.compareExchange(
        expected: before,
        desired: before & ~RegionState.valid | set,
        ordering: .sequentiallyConsistent
      )
      if exchange.exchanged { return true }
      before = exchange.original
    }
    return false
  }
}
