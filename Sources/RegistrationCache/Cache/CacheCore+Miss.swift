import Glibc
internal import HostMemory
internal import LinuxSystem
import MemoryRegistration
internal import Synchronization
internal import Verbs

extension CacheCore {
  private static let patience = 16

  /// A request that the table did not serve: looks again under the lock, registers, and publishes what it registered
  /// unless the memory changed meanwhile.
  @inline(never)
  func getSlowly(
    _ range: AddressRange,
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32
  ) throws(CacheError) -> CachedRegion {
    guard start < end, range.length > 0, range.end > range.start else {
      throw .registration(
        RegistrationError(
          .register,
          backend.kind,
          range,
          AccessFlags(rawValue: access),
          call: "get",
          code: .EINVAL
        )
      )
    }
    var mayMerge = true
    for attempt in 0... {
      if isStrict { while hasUnreadChange { sched_yield() } }
      lock.lock()
      if let error = refusal {
        lock.unlock()
        throw error
      }
      if let record = unsafe held(start, end, access) {
        lock.unlock()
        return unsafe CachedRegion(record, of: self)
      }
      if isPending(start, end, access) {
        lock.wait()
        lock.unlock()
        continue
      }
      let plan = plan(start, end, access, merging: mayMerge)
      let hasRoom = makeRoom(for: plan.end - plan.start)
      guard let number = unsafe index.pointee.add(plan.start, plan.end, plan.access) else {
        let isHopeless = graveyard == CacheRecord.none && burialsUnderWay == 0
        buryAll()
        lock.unlock()
        guard !isHopeless else {
          throw .system(SystemError("make room for a registration cache", code: .ENOMEM))
        }
        continue
      }
      // Whoever evicts deregisters, so that no more is pinned than the policy allows and no queue grows.
      emptyGraveyard()
      lock.unlock()
      let record = unsafe index.pointee.record(number)
      do {
        let visibility = try visibility(of: plan)
        try register(number, plan)
        lock.lock()
        let mayStay = hasRoom && visibility
        if publish(number, plan, mayStay: mayStay, isLastAttempt: attempt >= Self.patience) {
          emptyGraveyard()
          lock.unlock()
          return unsafe CachedRegion(record, of: self)
        }
        lock.unlock()
        release(number)
        discard(number)
      } catch {
        abandon(number)
        // What was there may have been gone or of another protection: the caller asked for no more than his own.
        guard plan.isMerged, case .registration = error else { throw error }
        mayMerge = false
      }
    }
    preconditionFailure("an endless loop has ended")
  }

  private var refusal: CacheError? {
    if isForeign { return .foreign }
    if isLost { return .unmonitored(.lost) }
    return nil
  }

  private func held(
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32
  ) -> UnsafeMutablePointer<CacheRecord>? {
    let index = unsafe index
    let number = unsafe index.pointee.tree.first(containing: start, end) { number in
      let record = unsafe index.pointee.record(number)
      guard unsafe record.serves(start, end, access) else { return false }
      if unsafe record.currentState & RegionState.hitLimit != 0 {
        unsafe index.pointee.collectHits(number)
      }
      return unsafe record.take()
    }
    return unsafe number.map { unsafe index.pointee.record($0) }
  }

  private func isPending(_ start: UInt64, _ end: UInt64, _ access: UInt32) -> Bool {
    let index = unsafe index
    return unsafe index.pointee.tree.first(containing: start, end) { number in
      let record = unsafe index.pointee.record(number)
      return unsafe record.currentState & RegionState.pending != 0
        && record.serves(start, end, access)
    } != nil
  }

  struct Plan {
    var start: UInt64
    var end: UInt64
    var access: UInt32
    var isMerged = false

    var range: AddressRange { AddressRange(start: start, length: end - start) }
  }

  // Overlapping pages are charged twice; a region most of which is asked for again is worth registering anew. Regions
  // that merely touch are left alone, and nothing is ever put in between: what lies there may be a hole.
  private func plan(
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32,
    merging: Bool
  ) -> Plan {
    var plan = Plan(start: start, end: end, access: access)
    guard merging else { return plan }
    let index = unsafe index
    unsafe index.pointee.tree.overlapping(start, end) { number in
      let record = unsafe index.pointee.record(number)
      let (from, to) = unsafe (record.start, record.end)
      let shared = min(end, to) - max(start, from)
      guard unsafe record.currentState & RegionState.valid != 0, shared * 2 >= to - from else {
        return true
      }
      plan.start = min(plan.start, from)
      plan.end = max(plan.end, to)
      unsafe plan.access |= record.pointee.access.load(ordering: .relaxed)
      plan.isMerged = true
      return true
    }
    return plan
  }

  /// Evicts what is idle until a region of `bytes` fits the policy; false where what is left is in use.
  private func makeRoom(for bytes: UInt64) -> Bool {
    let limit = policy.maximumBytes ?? .max
    while unsafe index.pointee.validCount >= policy.maximumRegions
      || (unsafe index.pointee.validBytes + bytes > limit)
    {
      guard evictOldest() != nil else { return false }
    }
    return true
  }

  // With the lock held: retires the oldest idle region and buries it; its bytes.
  private func evictOldest() -> UInt64? {
    guard let number = unsafe index.pointee.oldest() else { return nil }
    let record = unsafe index.pointee.record(number)
    let bytes = unsafe record.end - record.start
    // Whoever took it this instant buries it when done.
    if unsafe index.pointee.retire(number) { bury(number) }
    counts.evictions += 1
    return bytes
  }

  // Whether all that may happen to the memory will be seen, or the caller answers for what will not.
  private func visibility(of plan: Plan) throws(CacheError) -> Bool {
    guard let share else { return true }
    do {
      let visibility = try share.monitor.watch(plan.range)
      return visibility >= (policy.keepsSharedMappings ? .mappingOnly : .everything)
    } catch {
      throw .unmonitored(error)
    }
  }

  // Of memory, of the memlock limit, of a cgroup's objects, of descriptors where a registration takes one.
  private static let shortages: [Errno] = [.ENOMEM, .EAGAIN, .EPERM, .EMFILE, .ENFILE]

  // Where something is short, what is idle goes first, in steps of what is asked for.
  private func register(_ number: UInt32, _ plan: Plan) throws(CacheError) {
    let record = unsafe index.pointee.record(number)
    while true {
      do {
        let fresh = try backend.register(plan.range, access: AccessFlags(rawValue: plan.access))
        unsafe record.pointee.handle = fresh.handle
        unsafe record.pointee.lkey = fresh.lkey
        unsafe record.pointee.rkey = fresh.rkey
        return
      } catch {
        guard CacheCore.shortages.contains(error.code), relieve(plan.end - plan.start)
        else { throw .registration(error) }
      }
    }
  }

  private func relieve(_ bytes: UInt64) -> Bool {
    lock.lock()
    var freed: UInt64 = 0
    while freed < bytes, let more = evictOldest() { freed += more }
    let hasHope = freed > 0 || graveyard != CacheRecord.none || burialsUnderWay > 0
    buryAll()
    lock.unlock()
    return hasHope
  }

  // With the lock held. False: the memory changed since the record was added, and what was registered may be of the past.
  private func publish(
    _ number: UInt32,
    _ plan: Plan,
    mayStay: Bool,
    isLastAttempt: Bool
  ) -> Bool {
    let record = unsafe index.pointee.record(number)
    let isCancelled = unsafe record.currentState & RegionState.cancelled != 0
    if isCancelled, !isLastAttempt {
      counts.retries += 1
      return false
    }
    counts.misses += 1
    if !isCancelled, mayStay, !isLost, unsafe index.pointee.publish(number) {
      retireContained(in: plan, but: number)
    } else {
      if !isCancelled { unsafe index.pointee.tree.remove(number) }
      unsafe record.pointee.state.store(1, ordering: .releasing)
      counts.uncached += 1
    }
    lock.wakeAll()
    return true
  }

  // The new region serves whatever these did.
  private func retireContained(in plan: Plan, but number: UInt32) {
    guard plan.isMerged else { return }
    let index = unsafe index
    var replaced = CacheRecord.none
    unsafe index.pointee.tree.overlapping(plan.start, plan.end) { other in
      let record = unsafe index.pointee.record(other)
      guard other != number, unsafe record.start >= plan.start, unsafe record.end <= plan.end,
        unsafe record.currentState & RegionState.valid != 0,
        RegionState.allows(
          plan.access,
          unsafe record.pointee.access.load(ordering: .relaxed)
        )
      else { return true }
      unsafe record.pointee.next = replaced
      replaced = other
      return true
    }
    counts.merges += 1
    while replaced != CacheRecord.none {
      let other = replaced
      unsafe replaced = index.pointee.record(other).pointee.next
      if unsafe index.pointee.retire(other) { bury(other) }
    }
  }

  // A record whose registration was ended because its memory changed: it is out of the tree already.
  private func discard(_ number: UInt32) {
    lock.lock()
    unsafe index.pointee.recycle(number)
    lock.wakeAll()
    lock.unlock()
  }

  // A record that was never registered.
  private func abandon(_ number: UInt32) {
    lock.lock()
    if unsafe index.pointee.record(number).currentState & RegionState.cancelled == 0 {
      unsafe index.pointee.tree.remove(number)
    }
    unsafe index.pointee.recycle(number)
    lock.wakeAll()
    lock.unlock()
  }
}
