internal import CLinux
internal import HostMemory
internal import Synchronization

// Called on the monitor's thread, and by anybody who knows of a change: without the lock, in any context. Nothing here
// allocates, frees or waits.
extension CacheCore: InvalidationObserver {
  func invalidationWillBegin() {}
  func invalidationDidEnd() {}
  func watchEnded() {}
  func belongsToForkedParent() {}
  func helpersMayEnd() { wakeReclaimer() }

  func changed(_ event: AddressSpaceEvent) {
    let end = event.range.start.addingReportingOverflow(event.range.length)
    _ = invalidate(event.range.start, end.overflow ? .max : end.partialValue)
  }

  /// Wakes the reclaimer, which waking for every event would cost more than what it does.
  func invalidationsPaused() {
    if unsafe state.pointee.invalidated.load(ordering: .acquiring) != 0 { wakeReclaimer() }
  }

  /// Has every region that shares an address with [start, end) never handed out again; whether there were any.
  ///
  /// What is being registered is looked at before what is, so that a region is found in the one or the other.
  func invalidate(_ start: UInt64, _ end: UInt64) -> Bool {
    let state = unsafe state
    unsafe state.pointee.walksBegun.add(1, ordering: .sequentiallyConsistent)
    unsafe state.pointee.pending.cancel(start, end)
    var hasFound = false
    for plane in 0..<(unsafe state.pointee.index.planeCount) {
      unsafe state.pointee.index.forEach(plane, start, end) { number in
        let record = unsafe state.pointee.record(number)
        if unsafe record.start < end, unsafe record.end > start,
          unsafe record.invalidate(set: RegionState.listed | RegionState.changed)
        {
          list(number)
          hasFound = true
        }
        return true
      }
    }
    unsafe state.pointee.walksEnded.add(1, ordering: .sequentiallyConsistent)
    return hasFound
  }

  /// Leaves a region that is handed out no more to whoever has the lock next.
  func list(_ number: UInt32) {
    let record = unsafe state.pointee.record(number)
    var before = unsafe state.pointee.invalidated.load(ordering: .relaxed)
    while true {
      unsafe record.pointee.next = before
      let exchange = unsafe state.pointee.invalidated.compareExchange(
        expected: before,
        desired: number,
        ordering: .sequentiallyConsistent
      )
      if exchange.exchanged { return }
      before = exchange.original
    }
  }

  /// Takes what is handed out no more out of the index, for `reclaim()` to end; with the lock held.
  func takeOutInvalidated() {
    let state = unsafe state
    guard unsafe state.pointee.invalidated.load(ordering: .relaxed) != 0 else { return }
    var number = unsafe state.pointee.invalidated.exchange(0, ordering: .sequentiallyConsistent)
    while number != 0 {
      let next = unsafe state.pointee.record(number).pointee.next
      takeOut(number)
      number = next
    }
  }

  /// Takes a region that is handed out no more out of the index; with the lock held.
  func takeOut(_ number: UInt32) {
    let state = unsafe state
    let record = unsafe state.pointee.record(number)
    let bytes = unsafe record.end - record.start
    unsafe state.pointee.index.remove(
      number,
      plane: Int(record.pointee.plane),
      from: state.pointee.records
    )
    unsafe state.pointee.evictable.remove(number)
    unsafe state.pointee.validCount -= 1
    unsafe state.pointee.validBytes -= bytes
    let before = unsafe record.change(
      clear: RegionState.listed | RegionState.parked | RegionState.changed,
      set: RegionState.reclaiming
    )
    if before & RegionState.parked != 0 {
      unsafe state.pointee.parked.remove(number)
      unsafe state.pointee.parkedBytes -= bytes
    }
    if before & RegionState.changed != 0 { unsafe state.pointee.counts.invalidations += 1 }
    unsafe record.pointee.next = state.pointee.unexamined
    unsafe state.pointee.unexamined = number
  }
}
