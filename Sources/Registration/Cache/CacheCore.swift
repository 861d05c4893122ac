internal import AddressSpace
internal import HostMemory
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
  /// What the hit path looks at first: 0 while no change is being delivered.
  let gate = Atomic<UInt32>(0)
  let lock = ProcessLock()
  /// What the reaper waits for, who is of no use to the threads that miss.
  let burial = ProcessCondition()
  let backend: any CacheBackend
  let policy: CachePolicy
  let pageMask: UInt64
  let isStrict: Bool
  let share: MonitorShare?
  let failedReleases = Atomic<UInt64>(0)

  // Guarded by the lock. Behind a pointer, so that the compiler adds no bookkeeping of accesses to the hit path.
  let index: UnsafeMutablePointer<CacheIndex>
  var counts = CacheStatistics()
  var graveyard = CacheRecord.none
  var burialsUnderWay = 0
  var isClosed = false
  var isForeign = false
  var isLost = false

  enum Gate {
    static let open: UInt32 = 0
    static let shut: UInt32 = 1
  }

  init(backend: any CacheBackend, policy: CachePolicy) throws(CacheError) {
    self.backend = backend
    self.policy = policy
    isStrict = policy.ordering == .afterChange && !policy.isUnmonitored
    pageMask = UInt64(BasePage.size) - 1
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
  }

  @inline(__always)
  func get(_ range: AddressRange, _ access: UInt32) throws(CacheError) -> CachedRegion {
    if let record = unsafe takeFirst(range, access) { return unsafe CachedRegion(record, of: self) }
    return try search(range, access)
  }

  /// The hit path: a region with one more user, or `nil` where more than one probe is needed to tell.
  @inline(__always)
  func takeFirst(_ range: AddressRange, _ access: UInt32) -> UnsafeMutablePointer<CacheRecord>? {
    let (start, end) = (range.start & ~pageMask, (range.end &+ pageMask) & ~pageMask)
    guard !isStrict, gate.load(ordering: .acquiring) == Gate.open,
      let record = unsafe index.pointee.table.first(start, end, in: index.pointee.records),
      unsafe record.take()
    else { return nil }
    if unsafe record.serves(start, end, access) { return unsafe record }
    unsafe untake(record)
    return nil
  }

  // Its hit was none.
  @inline(never)
  private func untake(_ record: UnsafeMutablePointer<CacheRecord>) {
    unsafe record.pointee.state.wrappingSubtract(RegionState.hit, ordering: .relaxed)
    unsafe Self.put(record, Unmanaged.passUnretained(self))
  }

  @inline(never)
  private func search(
    _ range: AddressRange,
    _ access: UInt32
  ) throws(CacheError) -> CachedRegion {
    let (start, end) = (range.start & ~pageMask, (range.end &+ pageMask) & ~pageMask)
    let isReady = !isStrict || !hasUnreadChange
    if isReady, gate.load(ordering: .acquiring) == Gate.open, start < end,
      let record = unsafe index.pointee.table.take(start, end, access, from: index.pointee.records)
    {
      if unsafe record.serves(start, end, access) { return unsafe CachedRegion(record, of: self) }
      unsafe untake(record)
    }
    return try getSlowly(range, start, end, access)
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
      unsafe core.takeUnretainedValue().lastUserLeft(record)
    }
  }

  @inline(never)
  var hasUnreadChange: Bool { share?.monitor.hasUnreadChange ?? false }

  deinit {
    unsafe index.deinitialize(count: 1)
    unsafe index.deallocate()
  }
}

extension CacheCore {
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

  /// Lets all go; the reaper ends when the last region lent out is back.
  func close() {
    lock.lock()
    if !isForeign { invalidate(0, .max) }
    isClosed = true
    burial.wakeAll()
    lock.unlock()
  }
}
