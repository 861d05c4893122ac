internal import HostMemory
import LinuxSystem
internal import Synchronization

// All but the first: called on the monitor's thread, between `shut` and `open` with the lock held: nothing here allocates or frees.
extension CacheCore: AddressSpaceGate {
  func subscribe() throws(MonitorError) -> AddressSpaceSubscription {
    guard let share else { return try AddressSpaceMonitor.followForks(self) }
    return try share.monitor.subscribe(self, to: AddressRange(start: 0, length: .max))
  }

  func shut() {
    lock.lock()
    gate = .shut
  }

  func open() {
    if !isLost, !isForeign { gate = isStrict ? .strict : .open }
    lock.unlock()
  }

  func changed(_ event: AddressSpaceEvent) {
    let end = event.range.start.addingReportingOverflow(event.range.length)
    invalidate(event.range.start, end.overflow ? .max : end.partialValue)
  }

  func lost() {
    isLost = true
    lock.unlock()
  }

  func forked() {
    isForeign = true
    lock.reset()
    burial.reset()
  }

  /// Has every region that shares an address with [start, end) never handed out again; with the lock held.
  func invalidate(_ start: UInt64, _ end: UInt64) {
    let index = unsafe index
    var idle = CacheRecord.none
    var count: UInt64 = 0
    unsafe index.pointee.tree.removeOverlapping(start, end) { number in
      let record = unsafe index.pointee.record(number)
      if unsafe record.currentState & RegionState.pending != 0 {
        // Its registrar finds the mark when it wants to publish.
        unsafe record.pointee.state.bitwiseOr(RegionState.cancelled, ordering: .relaxed)
      } else {
        count += 1
        unsafe record.pointee.next = idle
        idle = number
      }
    }
    counts.invalidations += count
    var buried = false
    while idle != CacheRecord.none {
      let number = idle
      unsafe idle = index.pointee.record(number).pointee.next
      if unsafe index.pointee.retire(number, isInTree: false) {
        bury(number)
        buried = true
      }
    }
    if buried { burial.wakeAll() }
  }

  /// Leaves an idle region that was retired to the reaper; with the lock held.
  func bury(_ number: UInt32) {
    unsafe index.pointee.record(number).pointee.next = graveyard
    graveyard = number
  }
}
