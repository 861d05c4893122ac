internal import CLinux
import Glibc
internal import LinuxSystem
internal import Synchronization
internal import Verbs

/// A share in the monitor, in the one form that may be absent: a class cannot lend an optional that is not copyable.
final class MonitorShare: Sendable {
  let monitor: AddressSpaceMonitor

  init() throws(MonitorError) { monitor = try AddressSpaceMonitor.get(for: .registrationCache) }
}

/// A cache behind its handle. It is never freed: when the last region lent out is back, it is another cache's turn.
///
/// So a thread that gives a region back may look at the record however late, and a stranger's late look does no harm.
@safe
final class CacheCore: @unchecked Sendable {
  let monitor: MonitorCore
  let front: UnsafeMutablePointer<CacheFront>
  let state: UnsafeMutablePointer<CacheState>
  let lock = ProcessLock()
  /// Counts what the reclaimer is woken for, who waits for it to change (futex(2)).
  let bell: UnsafeMutablePointer<Atomic<UInt32>>
  let failedReleases = Atomic<UInt64>(0)
  let secondPuts = Atomic<UInt64>(0)
  let reclaimer = Atomic<UInt64>(0)
  /// Whether it is told before memory is unmapped, and its place among those that ever were.
  let isHooked = Atomic<Bool>(false)
  let isInHookList = Atomic<Bool>(false)
  let nextHooked = Atomic<UInt>(0)

  // Of the cache whose turn it is; set before its first request and taken away after its last.
  private(set) var backend: (any CacheBackend)?
  private(set) var share: MonitorShare?
  private(set) var isStrict = false

  var id: Int { unsafe front.pointee.id }
  var capacity: Int { unsafe state.pointee.capacity }

  /// For `policy`, in this process.
  static func open(
    _ backend: any CacheBackend,
    _ policy: CachePolicy
  ) throws(CacheError) -> CacheCore {
    let monitor: MonitorCore
    do {
      monitor = try MonitorCore.ofThisProcess()
    } catch {
      throw .unmonitored(error)
    }
    // Without it nobody could tell whether a region has users.
    if let code = Errno(status: clinux_barrier_start()) {
      throw .system(SystemError("use membarrier(2) for a registration cache", code: code))
    }
    let share: MonitorShare?
    do {
      share = policy.isUnmonitored ? nil : try MonitorShare()
    } catch {
      throw .unmonitored(error)
    }
    let core = try take(monitor, capacity: capacity(for: policy))
    core.begin(backend, policy, share)
    guard policy.ordering == .hooked, share != nil else { return core }
    do {
      try UnmapHooks.start(core)
    } catch {
      core.end()
      throw .unmonitored(error)
    }
    return core
  }

  private static let nextID = Atomic<Int>(0)

  private static func take(
    _ monitor: MonitorCore,
    capacity: Int
  ) throws(CacheError) -> CacheCore {
    let known = monitor.locked { () -> CacheCore? in
      let place = monitor.idle.firstIndex {
        ($0 as? CacheCore).map { capacity...4 * capacity ~= $0.capacity } ?? false
      }
      return place.flatMap { monitor.idle.remove(at: $0) as? CacheCore }
    }
    if let known { return known }
    // By the process and its parents: a child's threads go on with the counters they have.
    let id = nextID.add(1, ordering: .relaxed).oldValue
    do throws(SystemError) {
      guard id < ThreadLoans.cacheLimit else {
        throw SystemError("make more registration caches at a time", code: .ENOSPC)
      }
      let core = try CacheCore(monitor, id: id, capacity: capacity)
      monitor.locked { monitor.users.append(core) }
      return core
    } catch {
      throw .system(error)
    }
  }

  // Room for the users of regions that went, and for those being registered.
  private static func capacity(for policy: CachePolicy) -> Int {
    let most = min(max(policy.maximumRegions, 1), 1 << 30)
    return most + most / 8 + 1024
  }

  init(_ monitor: MonitorCore, id: Int, capacity: Int) throws(SystemError) {
    self.monitor = monitor
    let fresh = try CacheState(capacity: capacity)
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: fresh)
    guard let memory = unsafe aligned_alloc(64, 64) else {
      unsafe state.deinitialize(count: 1)
      unsafe state.deallocate()
      throw SystemError("make room for a registration cache", code: .ENOMEM)
    }
    unsafe bell = .allocate(capacity: 1)
    unsafe bell.initialize(to: Atomic(0))
    unsafe front = memory.bindMemory(to: CacheFront.self, capacity: 1)
    unsafe front.initialize(
      to: CacheFront(
        state: monitor.page.unwatched,
        root: state.pointee.index.roots,
        leaves: state.pointee.index.leaves,
        maps: state.pointee.index.maps,
        records: state.pointee.records,
        core: Unmanaged.passUnretained(self),
        descriptor: nil,
        id: id
      )
    )
  }

  private func begin(_ backend: any CacheBackend, _ policy: CachePolicy, _ share: MonitorShare?) {
    self.backend = backend
    self.share = share
    isStrict = policy.ordering == .strict && share != nil
    unsafe state.pointee.policy = policy
    unsafe state.pointee.isClosed = false
    unsafe state.pointee.endsByItself = false
    unsafe state.pointee.counts = CacheStatistics()
    reclaimer.store(0, ordering: .relaxed)
    failedReleases.store(0, ordering: .relaxed)
    secondPuts.store(0, ordering: .relaxed)
    unsafe front.pointee.state = share == nil ? monitor.page.unwatched : monitor.page.watched
    unsafe front.pointee.descriptor = isStrict ? monitor.page.descriptor : nil
  }

  /// After the last region is back and the reclaimer has ended: releases what registers.
  func end() {
    isHooked.store(false, ordering: .sequentiallyConsistent)
    let (oldBackend, oldShare) = (backend, share)
    backend = nil
    share = nil
    unsafe ThreadLoans.reset(id, capacity: state.pointee.capacity)
    unsafe state.pointee.discard()
    monitor.locked { monitor.idle.append(self) }
    // Freed here, without any lock.
    _ = (oldBackend, oldShare)
  }

  var isOfForkedParent: Bool { monitor.page.isOfForkedParent }

  /// Why the cache registers nothing; `nil` while it does.
  var refusal: CacheError? {
    if isOfForkedParent { return .ofForkedParent }
    if share != nil, monitor.page.state == .lost { return .unmonitored(.lost) }
    return nil
  }

  func locked<Value>(_ body: () -> Value) -> Value {
    lock.lock()
    defer { lock.unlock() }
    return body()
  }

  /// Runs `body` where the calling thread cannot be cancelled half-way.
  func uncancelled<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let before = clinux_cancel_disable()
    defer { clinux_cancel_restore(before) }
    return try body()
  }

  /// The users of a region; with the region handed out no more, and every thread past a barrier since, no fewer.
  func users(of number: UInt32) -> Int {
    let strays = unsafe state.pointee.record(number).pointee.strays
      .load(
        ordering: .sequentiallyConsistent
      )
    return ThreadLoans.users(of: Int(number), in: id) + Int(strays)
  }
}
