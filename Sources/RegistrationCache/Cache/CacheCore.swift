import Glibc
internal import HostMemory
internal import LinuxSystem
internal import Synchronization
internal import Verbs

/// A share in the monitor, in the one form that may be absent: a class cannot lend an optional that is not copyable.
final class MonitorShare: Sendable {
  let monitor: AddressSpaceMonitor

  init() throws(MonitorError) { monitor = try AddressSpaceMonitor.get(for: .registrationCache) }
}

/// A cache behind its handle; it lives until the last region lent out is back.
@safe
final class CacheCore: @unchecked Sendable {
  let lock = ProcessLock()
  /// What the reaper waits for, who is of no use to the threads that miss.
  let burial = ProcessCondition()
  let backend: any CacheBackend
  let policy: CachePolicy
  let isStrict: Bool
  let share: MonitorShare?
  let failedReleases = Atomic<UInt64>(0)

  // What follows is behind pointers, so that the compiler adds neither bookkeeping of accesses nor reference counts to the hit
  // path. The gate is apart from what is guarded by the lock, as it is read without.
  let gateCell: UnsafeMutablePointer<Atomic<UInt32>>
  let index: UnsafeMutablePointer<CacheIndex>
  var counts = CacheStatistics()
  var graveyard = CacheRecord.none
  var burialsUnderWay = 0
  var reaper = pthread_t()
  var isClosed = false
  var isForeign = false
  var isLost = false

  init(backend: any CacheBackend, policy: CachePolicy) throws(CacheError) {
    self.backend = backend
    self.policy = policy
    isStrict = policy.ordering == .strict && !policy.isUnmonitored
    do {
      let capacity = min(max(policy.maximumRegions, 1), 1 << 30)
      // Room for the users of regions that went, and for those being registered.
      let fresh = try CacheIndex(capacity: capacity + capacity / 8 + 1024)
      unsafe index = .allocate(capacity: 1)
      unsafe index.initialize(to: fresh)
    } catch {
      throw .system(error)
    }
    do {
      share = policy.isUnmonitored ? nil : try MonitorShare()
    } catch {
      unsafe index.deinitialize(count: 1)
      unsafe index.deallocate()
      throw .unmonitored(error)
    }
    unsafe gateCell = .allocate(capacity: 1)
    let gate = isStrict ? CacheGate.strict : .open
    unsafe gateCell.initialize(to: Atomic(gate.rawValue))
  }

  @inline(__always)
  func get(_ range: AddressRange, _ access: UInt32) throws(CacheError) -> CachedRegion {
    let (start, end) = Self.pages(range)
    if let record = unsafe Self.takeFirst(start, end, from: index, gateCell) {
      if unsafe record.serves(start, end, access) { return unsafe CachedRegion(record, of: self) }
      unsafe Self.untake(record, Unmanaged.passUnretained(self))
    }
    return try search(range, access)
  }

  /// The whole pages of a range.
  @inline(__always)
  static func pages(_ range: AddressRange) -> (start: UInt64, end: UInt64) {
    let mask = UInt64(BasePage.size) - 1
    return (range.start & ~mask, (range.end &+ mask) & ~mask)
  }

  /// The hit path: the region that most likely holds [start, end), with one more user. Whether it does is for the caller to
  /// see, and to `untake` it otherwise.
  @inline(__always)
  static func takeFirst(
    _ start: UInt64,
    _ end: UInt64,
    from index: UnsafeMutablePointer<CacheIndex>,
    _ gate: UnsafeMutablePointer<Atomic<UInt32>>
  ) -> UnsafeMutablePointer<CacheRecord>? {
    guard unsafe gate.pointee.load(ordering: .acquiring) == CacheGate.open.rawValue,
      let record = unsafe index.pointee.table.first(start, end, in: index.pointee.records),
      unsafe record.take()
    else { return nil }
    return unsafe record
  }

  /// Gives back what was no hit.
  @inline(never)
  static func untake(
    _ record: UnsafeMutablePointer<CacheRecord>,
    _ core: Unmanaged<CacheCore>
  ) {
    unsafe record.pointee.state.wrappingSubtract(RegionState.hit, ordering: .relaxed)
    unsafe put(record, core)
  }

  @inline(never)
  private func search(
    _ range: AddressRange,
    _ access: UInt32
  ) throws(CacheError) -> CachedRegion {
    let (start, end) = Self.pages(range)
    if isReady, start < end,
      let record = unsafe index.pointee.table.take(start, end, access, from: index.pointee.records)
    {
      if unsafe record.serves(start, end, access) { return unsafe CachedRegion(record, of: self) }
      unsafe Self.untake(record, Unmanaged.passUnretained(self))
    }
    return try getSlowly(range, start, end, access)
  }

  private var isReady: Bool {
    switch gate {
    case .open: true
    case .strict: !hasUnreadChange && gate == .strict
    case .shut: false
    }
  }

  @inline(__always)
  static func put(_ record: UnsafeMutablePointer<CacheRecord>, _ core: Unmanaged<CacheCore>) {
    let before = unsafe record.pointee.state
      .wrappingSubtract(
        1,
        ordering: .acquiringAndReleasing
      )
      .oldValue
    if before & (RegionState.valid | RegionState.userMask) == 1 {
      unsafe lastUserLeft(record, core)
    }
  }

  @inline(never)
  private static func lastUserLeft(
    _ record: UnsafeMutablePointer<CacheRecord>,
    _ core: Unmanaged<CacheCore>
  ) {
    unsafe core.takeUnretainedValue().lastUserLeft(record)
  }

  @inline(never)
  var hasUnreadChange: Bool { share?.monitor.hasUnreadChange ?? false }

  deinit {
    unsafe gateCell.deinitialize(count: 1)
    unsafe gateCell.deallocate()
    unsafe index.deinitialize(count: 1)
    unsafe index.deallocate()
  }
}

extension CacheCore {
  /// What the hit path looks at first.
  var gate: CacheGate {
    get { CacheGate(rawValue: unsafe gateCell.pointee.load(ordering: .acquiring)) ?? .shut }
    set { unsafe gateCell.pointee.store(newValue.rawValue, ordering: .releasing) }
  }

  func locked(_ body: () -> Void) {
    lock.lock()
    body()
    lock.unlock()
  }

  var statistics: CacheStatistics {
    lock.lock()
    defer { lock.unlock() }
    var result = counts
    unsafe result.hits = index.pointee.hits
    unsafe result.regions = index.pointee.validCount
    unsafe result.regionsInUse = index.pointee.usedCount
    unsafe result.bytes = index.pointee.validBytes
    result.releaseFailures = failedReleases.load(ordering: .relaxed)
    return result
  }

  /// Lets all go. Where nothing is lent out, nothing is registered and no thread of the cache runs when this returns;
  /// else the reaper ends when the last region is back.
  func close() {
    lock.lock()
    if !isForeign {
      invalidate(0, .max)
      buryAll()
    }
    isClosed = true
    let isLent = unsafe index.pointee.liveCount > 0
    burial.wakeAll()
    lock.unlock()
    if isForeign { return }
    if isLent {
      pthread_detach(reaper)
    } else {
      // EDEADLK where what registers let go of the cache on the reaper itself, which ends by itself then.
      _ = pthread_join(reaper, nil)
    }
  }
}
