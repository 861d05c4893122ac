internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import MemoryRegistration
internal import Synchronization
internal import Verbs

extension CacheCore {
  /// What is registered for a request: the request, or that and what it overlaps.
  struct Plan {
    var start: UInt64
    var end: UInt64
    var access: UInt32
    var isMerged = false

    var bytes: UInt64 { end - start }
    var range: AddressRange { AddressRange(start: start, length: end - start) }
  }

  /// A registration under way.
  private struct Miss {
    var plan: Plan
    var number: UInt32
    var slot: Int?
    var isReserved = false
    var hold = MappingHold.none
  }

  /// What has become of a miss.
  enum Outcome {
    /// The record, with its first user.
    case registered(UInt32)
    /// Somebody else registered what was asked for.
    case served
    /// The memory changed since the registration was announced; what was registered may be of the past, and has ended.
    case changed
  }

  /// Looks again with the lock held, registers, and publishes what was registered unless the memory changed meanwhile.
  func miss(
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32,
    isLast: Bool,
    merging: Bool = true
  ) throws(CacheError) -> Outcome {
    guard var miss = try begin(start, end, access, merging: merging) else { return .served }
    do {
      if miss.slot != nil { try watch(&miss) }
      if miss.slot != nil, !miss.isReserved { makeRoom(for: &miss) }
      try register(miss.number, miss.plan)
    } catch {
      abandon(miss)
      // What was there may have gone or be of another protection: the caller asked for no more than his own.
      guard miss.plan.isMerged, case .registration = error else { throw error }
      return try self.miss(start, end, access, isLast: isLast, merging: false)
    }
    guard publish(miss, isLast: isLast) else {
      release(miss.number)
      locked { recycle(miss.number) }
      return .changed
    }
    return .registered(miss.number)
  }

  /// Registers what is asked for as it is now, for this request alone.
  func registerAlone(
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32
  ) throws(CacheError) -> UnsafeMutablePointer<CacheRecord> {
    let plan = Plan(start: start, end: end, access: access)
    guard let number = (locked { prepare(plan) }) else { throw Self.withoutRecords }
    let miss = Miss(plan: plan, number: number)
    do {
      try register(number, plan)
    } catch {
      abandon(miss)
      throw error
    }
    addFirstUser(number)
    let record = unsafe state.pointee.record(number)
    unsafe record.pointee.state.store(RegionState.held, ordering: .releasing)
    locked {
      unsafe state.pointee.counts.misses += 1
      unsafe state.pointee.counts.uncached += 1
      unsafe state.pointee.counts.unsettled += 1
    }
    return unsafe record
  }

  private func begin(
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32,
    merging: Bool
  ) throws(CacheError) -> Miss? {
    let state = unsafe state
    lock.lock()
    takeOutInvalidated()
    // Registered by another since the search.
    if isServed(start, end, access) {
      lock.unlock()
      return nil
    }
    if unsafe state.pointee.pending.serves(start, end, access) {
      unsafe state.pointee.waiters += 1
      lock.wait()
      unsafe state.pointee.waiters -= 1
      lock.unlock()
      return nil
    }
    // Somebody who invalidates may have seen what is to be merged, and not yet what it is merged into.
    let walks = unsafe state.pointee.walksBegun.load(ordering: .sequentiallyConsistent)
    let isQuiet = unsafe state.pointee.walksEnded.load(ordering: .sequentiallyConsistent) == walks
    var plan = Plan(start: start, end: end, access: access)
    if merging, isQuiet { merge(&plan) }
    var slot = unsafe state.pointee.pending.add(plan.start, plan.end, plan.access)
    if plan.isMerged, let announced = slot,
      unsafe state.pointee.walksBegun.load(ordering: .sequentiallyConsistent) != walks
    {
      unsafe _ = state.pointee.pending.remove(announced)
      plan = Plan(start: start, end: end, access: access)
      slot = unsafe state.pointee.pending.add(start, end, access)
    }
    guard let number = prepare(plan) else {
      if let slot { unsafe _ = state.pointee.pending.remove(slot) }
      lock.unlock()
      throw Self.withoutRecords
    }
    var miss = Miss(plan: plan, number: number, slot: slot)
    if slot != nil, hasRoom(for: plan.bytes) {
      miss.isReserved = true
      unsafe state.pointee.reservedCount += 1
      unsafe state.pointee.reservedBytes += plan.bytes
    }
    lock.unlock()
    return miss
  }

  private func prepare(_ plan: Plan) -> UInt32? {
    guard let number = unsafe state.pointee.takeRecord() else { return nil }
    let record = unsafe state.pointee.record(number)
    unsafe record.pointee.start.store(plan.start, ordering: .relaxed)
    unsafe record.pointee.end.store(plan.end, ordering: .relaxed)
    unsafe record.pointee.access.store(plan.access, ordering: .relaxed)
    unsafe record.pointee.hold = .none
    return number
  }

  // All records are in use, or there is no memory for more.
  private static var withoutRecords: CacheError {
    .system(SystemError("make room for a registration cache", code: .ENOMEM))
  }

  private func isServed(_ start: UInt64, _ end: UInt64, _ access: UInt32) -> Bool {
    for plane in 0..<(unsafe state.pointee.index.planeCount) {
      let record = unsafe state.pointee.record(state.pointee.index.find(start, plane: plane))
      if unsafe record.isValid, unsafe record.serves(start, end, access) { return true }
    }
    return false
  }

  // Overlapping pages are charged twice; a region most of which is asked for again is worth registering anew. Regions that
  // merely touch are left alone, and nothing is ever put in between: what lies there may be a hole. No page becomes open to
  // a peer in a way that it was not asked for: only regions of the same rights are joined, and only of a region that holds
  // all that is asked for are the rights taken over.
  private func merge(_ plan: inout Plan) {
    let (start, end, access) = (plan.start, plan.end, plan.access)
    var (from, to, local) = (start, end, access)
    let peer = access & ~(RegionState.permissions & ~RegionState.peerPermissions)
    unsafe forEachValid(start, end) { record in
      let (first, last) = unsafe (record.start, record.end)
      let held = unsafe record.access
      let shared = min(end, last) - max(start, first)
      guard held & ~(RegionState.permissions & ~RegionState.peerPermissions) == peer,
        shared * 2 >= last - first
      else { return }
      from = min(from, first)
      to = max(to, last)
      local |= held
    }
    plan.isMerged = from != start || to != end || local != access
    (plan.start, plan.end, plan.access) = (from, to, local)
    unsafe forEachValid(from, to) { record in
      let held = unsafe record.access
      guard unsafe record.start <= from, unsafe record.end >= to,
        (held ^ access) & ~RegionState.permissions == 0, held & ~plan.access != 0
      else { return }
      plan.access |= held
      plan.isMerged = true
    }
  }

  private func forEachValid(
    _ start: UInt64,
    _ end: UInt64,
    _ body: (UnsafeMutablePointer<CacheRecord>) -> Void
  ) {
    for plane in 0..<(unsafe state.pointee.index.planeCount) {
      unsafe state.pointee.index.forEach(plane, start, end) { number in
        let record = unsafe state.pointee.record(number)
        if unsafe record.isValid, unsafe record.start < end, unsafe record.end > start {
          unsafe body(record)
        }
        return true
      }
    }
  }

  // Whether all that may happen to the memory will be seen, or the caller answers for what will not; else the region is not
  // kept, and disturbs nothing that is.
  private func watch(_ miss: inout Miss) throws(CacheError) {
    guard share != nil else { return }
    do {
      let (visibility, hold) = try monitor.hold(miss.plan.range)
      miss.hold = hold
      let least: Visibility =
        unsafe state.pointee.policy.keepsSharedMappings ? .mappingOnly : .everything
      guard visibility < least else { return }
      giveUpHold(&miss)
      lock.lock()
      unsafe state.pointee.counts.unwatched += 1
      forget(&miss)
      lock.unlock()
    } catch {
      throw .unmonitored(error)
    }
  }

  // With the lock held: the region will not be kept.
  private func forget(_ miss: inout Miss) {
    if let slot = miss.slot { unsafe _ = state.pointee.pending.remove(slot) }
    miss.slot = nil
    giveBackReservation(&miss)
    wakeWaiters()
  }

  private func giveBackReservation(_ miss: inout Miss) {
    guard miss.isReserved else { return }
    miss.isReserved = false
    unsafe state.pointee.reservedCount -= 1
    unsafe state.pointee.reservedBytes -= miss.plan.bytes
  }

  private func makeRoom(for miss: inout Miss) {
    miss.isReserved = evict(toFit: miss.plan.bytes)
    guard !miss.isReserved else { return }
    lock.lock()
    forget(&miss)
    lock.unlock()
  }

  // Of memory, of the memlock limit, of a cgroup's objects, of descriptors where a registration takes one.
  private static let shortages: [Errno] = [.ENOMEM, .EAGAIN, .EPERM, .EMFILE, .ENFILE]

  // Where something is short, what is idle goes first, in steps of what is asked for.
  private func register(_ number: UInt32, _ plan: Plan) throws(CacheError) {
    guard let backend else { throw .ofForkedParent }
    let record = unsafe state.pointee.record(number)
    while true {
      do {
        let fresh = try backend.register(plan.range, access: AccessFlags(rawValue: plan.access))
        unsafe record.pointee.handle = fresh.handle
        unsafe record.pointee.lkey = fresh.lkey
        unsafe record.pointee.rkey = fresh.rkey
        return
      } catch {
        // The device has been removed, and with it what it had registered.
        if error.code == .EIO || error.code == .ENODEV, invalidate(0, .max) { wakeReclaimer() }
        guard CacheCore.shortages.contains(error.code), relieve(plan.bytes) else {
          throw .registration(error)
        }
      }
    }
  }

  /// False: the memory changed since the registration was announced, and what was registered may be of the past.
  private func publish(_ miss: Miss, isLast: Bool) -> Bool {
    var miss = miss
    let state = unsafe state
    let record = unsafe state.pointee.record(miss.number)
    lock.lock()
    defer { lock.unlock() }
    takeOutInvalidated()
    let isCancelled = miss.slot.map { unsafe state.pointee.pending.isCancelled($0) } ?? false
    if isCancelled, !isLast {
      unsafe state.pointee.counts.retries += 1
      giveUpHold(&miss)
      forget(&miss)
      return false
    }
    unsafe state.pointee.counts.misses += 1
    addFirstUser(miss.number)
    unsafe record.pointee.hold = miss.hold
    unsafe record.pointee.used.store(1, ordering: .relaxed)
    if let slot = miss.slot, !isCancelled, enter(miss) {
      giveBackReservation(&miss)
      // Whoever invalidates looks here first, and at the index then: a change since is found by one of us.
      if unsafe !state.pointee.pending.remove(slot),
        unsafe record.invalidate(set: RegionState.listed | RegionState.changed)
      {
        list(miss.number)
        takeOutInvalidated()
      }
      miss.slot = nil
    } else {
      unsafe record.pointee.state.store(RegionState.held, ordering: .releasing)
      unsafe state.pointee.counts.uncached += 1
      forget(&miss)
    }
    wakeWaiters()
    return true
  }

  // In the first plane where nothing is in the way, after what it replaces is out of it.
  private func enter(_ miss: Miss) -> Bool {
    let state = unsafe state
    if replaceContained(miss.plan) { unsafe state.pointee.counts.merges += 1 }
    let record = unsafe state.pointee.record(miss.number)
    for plane in 0..<RegionIndex.planeLimit {
      guard plane >= (unsafe state.pointee.index.planeCount) || isFree(plane, miss.plan) else {
        continue
      }
      guard unsafe state.pointee.index.insert(miss.number, plane: plane, in: state.pointee.records)
      else { return false }
      unsafe record.pointee.plane = UInt32(plane)
      unsafe state.pointee.evictable.insert(miss.number)
      unsafe state.pointee.validCount += 1
      unsafe state.pointee.validBytes += miss.plan.bytes
      let bits = RegionState.valid | RegionState.held
      unsafe record.pointee.state.store(bits, ordering: .sequentiallyConsistent)
      return true
    }
    return false
  }

  private func isFree(_ plane: Int, _ plan: Plan) -> Bool {
    var isFree = true
    unsafe state.pointee.index.forEach(plane, plan.start, plan.end) { number in
      let other = unsafe state.pointee.record(number)
      isFree = unsafe other.end <= plan.start || other.start >= plan.end
      return isFree
    }
    return isFree
  }

  // The new region serves whatever these did. Whether there were any.
  private func replaceContained(_ plan: Plan) -> Bool {
    var hasReplaced = false
    while true {
      var found: UInt32 = 0
      for plane in 0..<(unsafe state.pointee.index.planeCount) where found == 0 {
        unsafe state.pointee.index.forEach(plane, plan.start, plan.end) { number in
          let other = unsafe state.pointee.record(number)
          let isContained = unsafe other.start >= plan.start && other.end <= plan.end
          if isContained, unsafe RegionState.allows(plan.access, other.access) { found = number }
          return found == 0
        }
      }
      guard found != 0 else { return hasReplaced }
      hasReplaced = true
      if unsafe state.pointee.record(found).invalidate(set: RegionState.listed) { list(found) }
      takeOutInvalidated()
    }
  }

  private func giveUpHold(_ miss: inout Miss) {
    let hold = miss.hold
    guard hold != .none else { return }
    miss.hold = .none
    monitor.release { $0(hold) }
  }

  // A record that was never registered.
  private func abandon(_ miss: Miss) {
    var miss = miss
    giveUpHold(&miss)
    lock.lock()
    forget(&miss)
    recycle(miss.number)
    lock.unlock()
  }
}
