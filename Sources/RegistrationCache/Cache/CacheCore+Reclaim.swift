internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import Synchronization
internal import Verbs

extension CacheCore {
  /// Ends the registrations of what is handed out no more and has no users; without the lock, and not on the monitor's thread.
  func reclaim() {
    let state = unsafe state
    lock.lock()
    takeOutInvalidated()
    while unsafe state.pointee.unexamined != 0 {
      let first = unsafe state.pointee.unexamined
      unsafe state.pointee.unexamined = 0
      unsafe state.pointee.reclaims += 1
      lock.unlock()
      // What other threads did before they could see that the regions are handed out no more is visible after this.
      while ThreadLoans.isUsedByOthers(id), clinux_barrier() != 0 { sched_yield() }
      lock.lock()
      let ready = withoutUsers(first)
      lock.unlock()
      release(all: ready)
      lock.lock()
      recycle(all: ready)
      unsafe state.pointee.reclaims -= 1
      wakeWaiters()
      takeOutInvalidated()
    }
    lock.unlock()
  }

  // Of a list, those that nobody uses; the others are left to their last users.
  private func withoutUsers(_ first: UInt32) -> UInt32 {
    let state = unsafe state
    var (number, ready) = (first, UInt32(0))
    while number != 0 {
      let record = unsafe state.pointee.record(number)
      let next = unsafe record.pointee.next
      if users(of: number) == 0 {
        unsafe record.change(clear: RegionState.reclaiming | RegionState.held)
        unsafe record.pointee.next = ready
        ready = number
      } else {
        unsafe record.change(clear: RegionState.reclaiming)
      }
      number = next
    }
    wakeWaiters()
    return ready
  }

  private func release(all first: UInt32) {
    let state = unsafe state
    var number = first
    while number != 0 {
      deregister(number)
      unsafe number = state.pointee.record(number).pointee.next
    }
    guard first != 0, share != nil else { return }
    monitor.release { release in
      var number = first
      while number != 0 {
        let record = unsafe state.pointee.record(number)
        unsafe release(record.pointee.hold)
        unsafe number = record.pointee.next
      }
    }
  }

  private func recycle(all first: UInt32) {
    var number = first
    while number != 0 {
      let next = unsafe state.pointee.record(number).pointee.next
      recycle(number)
      number = next
    }
  }

  /// Makes a record free for another region; with the lock held.
  func recycle(_ number: UInt32) {
    unsafe state.pointee.record(number).pointee.state.store(0, ordering: .releasing)
    unsafe state.pointee.giveBack(number)
    if unsafe state.pointee.isClosed { wakeReclaimer() }
  }

  /// Ends a registration that nobody can reach, and gives up what watched its memory; without the lock.
  func release(_ number: UInt32) {
    deregister(number)
    let hold = unsafe state.pointee.record(number).pointee.hold
    if hold != .none { monitor.release { $0(hold) } }
  }

  private func deregister(_ number: UInt32) {
    let record = unsafe state.pointee.record(number)
    let registration = unsafe DetachedRegistration(
      handle: record.pointee.handle,
      lkey: record.pointee.lkey,
      rkey: record.pointee.rkey
    )
    let range = unsafe AddressRange(start: record.start, length: record.end - record.start)
    let access = unsafe AccessFlags(rawValue: record.access)
    do {
      try backend?.release(registration, range, access: access)
    } catch {
      failedReleases.add(1, ordering: .relaxed)
    }
  }

  /// A user of a region that is handed out no more, or is set aside for being in use, has given it back.
  ///
  /// The last one deregisters it here and now.
  func userLeft(_ record: UnsafeMutablePointer<CacheRecord>) {
    guard !isOfForkedParent else { return }
    uncancelled {
      let number = UInt32(unsafe record - state.pointee.records)
      lock.lock()
      while true {
        let bits = unsafe record.state
        if bits & RegionState.held == 0 {
          break
        } else if bits & RegionState.valid != 0 {
          if bits & RegionState.parked != 0, users(of: number) == 0 { takeBack(number) }
          break
        } else if bits & RegionState.listed != 0 {
          // Whoever invalidated it may still be about to list it.
          if unsafe state.pointee.invalidated.load(ordering: .relaxed) == 0 { yieldLock() }
          takeOutInvalidated()
        } else if bits & RegionState.reclaiming != 0 {
          examine()
        } else {
          guard users(of: number) == 0 else { break }
          unsafe record.change(clear: RegionState.held)
          lock.unlock()
          release(number)
          lock.lock()
          recycle(number)
          break
        }
      }
      lock.unlock()
    }
  }

  // With the lock held, which is open meanwhile: has those examined of whom nobody knows whether they have users.
  private func examine() {
    if unsafe state.pointee.unexamined != 0 {
      lock.unlock()
      reclaim()
      lock.lock()
    } else {
      unsafe state.pointee.waiters += 1
      lock.wait()
      unsafe state.pointee.waiters -= 1
    }
  }

  private func yieldLock() {
    lock.unlock()
    sched_yield()
    lock.lock()
  }

  /// Waits for those who are ending registrations.
  func awaitReclaims() {
    lock.lock()
    while unsafe state.pointee.reclaims > 0 {
      unsafe state.pointee.waiters += 1
      lock.wait()
      unsafe state.pointee.waiters -= 1
    }
    lock.unlock()
  }

  /// Wakes those who wait for another's registration or its end; with the lock held.
  func wakeWaiters() {
    if unsafe state.pointee.waiters > 0 { lock.wakeAll() }
  }
}

// The thread that deregisters what events invalidated: the monitor's thread must not, as libibverbs frees memory then.
extension CacheCore {
  func startReclaimer() -> Errno? {
    var thread: UInt64 = 0
    let status = unsafe clinux_helper_start(
      &thread,
      "memreg-reclaim",
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<CacheCore>.fromOpaque(context).takeUnretainedValue().runReclaimer()
        }
      },
      Unmanaged.passUnretained(self).toOpaque()
    )
    reclaimer.store(status == 0 ? thread : 0, ordering: .relaxed)
    return Errno(status: status)
  }

  func wakeReclaimer() {
    unsafe bell.pointee.add(1, ordering: .sequentiallyConsistent)
    unsafe clinux_futex_wake(UnsafeMutableRawPointer(bell))
  }

  private func runReclaimer() {
    let state = unsafe state
    while true {
      let rings = unsafe bell.pointee.load(ordering: .sequentiallyConsistent)
      reclaim()
      let isDone = locked { unsafe state.pointee.isClosed && state.pointee.liveCount == 0 }
      if isDone { break }
      if unsafe state.pointee.invalidated.load(ordering: .sequentiallyConsistent) != 0 { continue }
      let timeout = clinux_helper_timeout_ms()
      let isLate =
        unsafe clinux_futex_wait(UnsafeMutableRawPointer(bell), rings, timeout) == ETIMEDOUT
      if isLate, clinux_helper_is_alone() != 0 { return }
    }
    if locked({ unsafe state.pointee.endsByItself }) { end() }
  }
}
