internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import Synchronization

extension CacheCore {
  func subscribe() throws(MonitorError) -> AddressSpaceSubscription {
    guard let share else { return try AddressSpaceMonitor.followForks(self) }
    return try share.monitor.subscribe(self, to: AddressRange(start: 0, length: .max))
  }

  /// Lets every region go: the idle are deregistered when this returns, those in use at their last `put`.
  func purge() throws(CacheError) {
    if isOfForkedParent { throw .ofForkedParent }
    uncancelled {
      _ = invalidate(0, .max)
      reclaim()
      awaitReclaims()
      if share != nil { monitor.releaseUnused { start, end in isUsing(start, end) } }
      lock.lock()
      if unsafe state.pointee.liveCount == 0 { unsafe state.pointee.discard() }
      lock.unlock()
    }
  }

  // Whether any cache of the process has a region in the mapping that can be handed out. Without its lock.
  private func isUsing(_ start: UInt64, _ end: UInt64) -> Bool {
    var isUsing = false
    let users = monitor.users
    for user in users {
      guard let core = user as? CacheCore else { continue }
      if core.holdsAny(start, end) { isUsing = true }
    }
    return isUsing
  }

  private func holdsAny(_ start: UInt64, _ end: UInt64) -> Bool {
    if unsafe state.pointee.pending.overlaps(start, end) { return true }
    var holds = false
    for plane in 0..<(unsafe state.pointee.index.planeCount) where !holds {
      unsafe state.pointee.index.forEach(plane, start, end) { number in
        let record = unsafe state.pointee.record(number)
        holds = unsafe record.isValid && record.start < end && record.end > start
        return !holds
      }
    }
    return holds
  }

  /// Returns when every change of memory so far is taken into account and what it made stale is deregistered.
  func synchronize() throws(CacheError) {
    if isOfForkedParent { throw .ofForkedParent }
    uncancelled {
      // It fails only inside callbacks, of which none calls here.
      try? AddressSpaceMonitor.synchronize()
      reclaim()
      awaitReclaims()
    }
  }

  /// Lets all go. Where nothing is lent out, nothing is registered and no thread of the cache runs when this returns; else
  /// the reclaimer ends when the last region is back.
  func close() {
    guard !isOfForkedParent else { return }
    uncancelled {
      let thread = reclaimer.load(ordering: .relaxed)
      let isOnReclaimer = thread == UInt64(UInt(pthread_self()))
      _ = invalidate(0, .max)
      reclaim()
      if !isOnReclaimer { awaitReclaims() }
      lock.lock()
      unsafe state.pointee.endsByItself = isOnReclaimer || state.pointee.liveCount > 0
      let endsByItself = unsafe state.pointee.endsByItself
      unsafe state.pointee.isClosed = true
      lock.unlock()
      guard thread != 0 else {
        end()
        return
      }
      wakeReclaimer()
      if endsByItself {
        pthread_detach(pthread_t(thread))
      } else {
        _ = pthread_join(pthread_t(thread), nil)
        end()
      }
    }
  }

  var statistics: CacheStatistics {
    guard !isOfForkedParent else { return CacheStatistics() }
    var result = countsNow()
    result.hits = ThreadLoans.hits(of: id)
    result.regionsInUse = regionsInUse { unsafe state.pointee.evictable.first(from: $0) }
    result.regionsInUse += regionsInUse { unsafe state.pointee.parked.first(from: $0) }
    result.releaseFailures = failedReleases.load(ordering: .relaxed)
    result.secondPuts = secondPuts.load(ordering: .relaxed)
    return result
  }

  private func countsNow() -> CacheStatistics {
    lock.lock()
    takeOutInvalidated()
    defer { lock.unlock() }
    var result = unsafe state.pointee.counts
    unsafe result.regions = state.pointee.validCount
    unsafe result.bytes = state.pointee.validBytes
    return result
  }

  private static var recordsAtOnce: Int { 1024 }

  // The lock is given up after some of them, so that no request waits until all are looked at.
  private func regionsInUse(_ next: (UInt32) -> UInt32?) -> Int {
    var (count, from, isAtEnd) = (0, UInt32(1), false)
    while !isAtEnd {
      lock.lock()
      for _ in 0..<Self.recordsAtOnce {
        guard let number = next(from) else {
          isAtEnd = true
          break
        }
        if users(of: number) > 0 { count += 1 }
        from = number + 1
      }
      lock.unlock()
    }
    return count
  }
}
