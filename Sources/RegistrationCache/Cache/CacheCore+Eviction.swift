internal import LinuxSystem
internal import Synchronization

extension CacheCore {
  /// Whether a region of `bytes` fits beside what is kept; with the lock held.
  func hasRoom(for bytes: UInt64) -> Bool {
    let state = unsafe state
    let limit = unsafe state.pointee.policy.maximumBytes ?? .max
    let kept = unsafe state.pointee.validBytes + state.pointee.reservedBytes
    let count = unsafe state.pointee.validCount + state.pointee.reservedCount
    return unsafe count < state.pointee.policy.maximumRegions && bytes <= limit
      && kept <= limit - bytes
  }

  /// Evicts what is idle until a region of `bytes` fits, and reserves its room; false, with nothing evicted, where what is in
  /// use leaves too little.
  func evict(toFit bytes: UInt64) -> Bool {
    let state = unsafe state
    lock.lock()
    takeOutInvalidated()
    while !hasRoom(for: bytes) {
      guard canMakeRoom(for: bytes), let number = oldest() else {
        lock.unlock()
        reclaim()
        return false
      }
      evict(number)
    }
    unsafe state.pointee.reservedCount += 1
    unsafe state.pointee.reservedBytes += bytes
    lock.unlock()
    // Whoever evicts deregisters, so that no more is pinned than the policy allows and no queue grows.
    reclaim()
    return true
  }

  /// Evicts the least recently used of what is idle until `bytes` are deregistered, or nothing idle is left; their number.
  func yield(_ bytes: UInt64) -> UInt64 {
    lock.lock()
    takeOutInvalidated()
    var freed: UInt64 = 0
    while freed < bytes, let number = oldest() {
      let record = unsafe state.pointee.record(number)
      unsafe freed += record.end - record.start
      evict(number)
    }
    lock.unlock()
    reclaim()
    return freed
  }

  /// Where registering `bytes` failed for want of something: whether to try again.
  func relieve(_ bytes: UInt64) -> Bool {
    lock.lock()
    takeOutInvalidated()
    let hasUnexamined = unsafe state.pointee.unexamined != 0 || state.pointee.reclaims > 0
    lock.unlock()
    let freed = yield(bytes)
    awaitReclaims()
    return freed > 0 || hasUnexamined
  }

  private func evict(_ number: UInt32) {
    if unsafe state.pointee.record(number).invalidate(set: 0) {
      unsafe state.pointee.counts.evictions += 1
      takeOut(number)
    } else {
      takeOutInvalidated()
    }
  }

  // Looks for idle regions, and sets aside what is in use, until they would do.
  private func canMakeRoom(for bytes: UInt64) -> Bool {
    let state = unsafe state
    let limit = unsafe state.pointee.policy.maximumBytes ?? .max
    guard bytes <= limit else { return false }
    let kept = unsafe state.pointee.validBytes + state.pointee.reservedBytes
    let needed = kept > limit - bytes ? kept - (limit - bytes) : 0
    let isFull =
      unsafe state.pointee.validCount + state.pointee.reservedCount
      >= state.pointee.policy.maximumRegions
    takeBackIdle()
    guard unsafe needed <= state.pointee.validBytes - state.pointee.parkedBytes else {
      return false
    }
    var (found, count, next) = (UInt64(0), 0, UInt32(1))
    while found < needed || (isFull && count == 0) {
      guard let number = unsafe state.pointee.evictable.first(from: next) else { return false }
      next = number + 1
      let record = unsafe state.pointee.record(number)
      if users(of: number) == 0 {
        unsafe found += record.end - record.start
        count += 1
      } else {
        park(number)
      }
    }
    return true
  }

  /// The next idle region that nobody took since the hand last passed; `nil` where all are in use.
  private func oldest() -> UInt32? {
    let state = unsafe state
    takeBackIdle()
    while true {
      guard
        let number = unsafe state.pointee.evictable.first(from: state.pointee.hand)
          ?? state.pointee.evictable.first(from: 1)
      else { return nil }
      unsafe state.pointee.hand = number + 1
      let record = unsafe state.pointee.record(number)
      if users(of: number) != 0 {
        park(number)
      } else if unsafe record.pointee.used.load(ordering: .relaxed) != 0 {
        unsafe record.pointee.used.store(0, ordering: .relaxed)
      } else {
        return number
      }
    }
  }

  // Its last user takes it back, unless he is this very moment overtaken.
  private func park(_ number: UInt32) {
    let state = unsafe state
    let record = unsafe state.pointee.record(number)
    unsafe state.pointee.evictable.remove(number)
    unsafe state.pointee.parked.insert(number)
    unsafe state.pointee.parkedBytes += record.end - record.start
    unsafe record.change(clear: 0, set: RegionState.parked)
  }

  /// Makes a parked region eligible again; with the lock held.
  func takeBack(_ number: UInt32) {
    let state = unsafe state
    let record = unsafe state.pointee.record(number)
    unsafe state.pointee.parked.remove(number)
    unsafe state.pointee.evictable.insert(number)
    unsafe state.pointee.parkedBytes -= record.end - record.start
    unsafe record.change(clear: RegionState.parked)
  }

  // A few of the parked, for those whose last user was overtaken.
  private func takeBackIdle() {
    let state = unsafe state
    var next = unsafe state.pointee.parkedHand
    for _ in 0..<4 {
      guard let number = unsafe state.pointee.parked.first(from: next) else {
        next = 1
        break
      }
      next = number + 1
      if users(of: number) == 0 { takeBack(number) }
    }
    unsafe state.pointee.parkedHand = next
  }
}
