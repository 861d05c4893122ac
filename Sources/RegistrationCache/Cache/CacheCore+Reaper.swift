import Glibc
internal import HostMemory
import LinuxSystem
internal import Synchronization
internal import Verbs

// The thread that deregisters what events invalidated: the monitor's thread must not, as libibverbs frees memory then.
extension CacheCore {
  func startReaper() throws(Errno) {
    let retained = unsafe Unmanaged.passRetained(self)
    do {
      reaper = try unsafe SignalFreeThread.start(on: retained.toOpaque()) { context in
        if let context = unsafe context {
          unsafe Unmanaged<CacheCore>.fromOpaque(context).takeRetainedValue().reap()
        }
        return nil
      }
    } catch {
      unsafe retained.release()
      throw error
    }
  }

  private func reap() {
    lock.lock()
    while true {
      emptyGraveyard()
      if isClosed, unsafe index.pointee.liveCount == 0 { break }
      if graveyard == CacheRecord.none { lock.wait(for: burial) }
    }
    lock.unlock()
  }

  /// Deregisters what is buried; with the lock held, which is open meanwhile. Only outside the monitor's thread.
  func emptyGraveyard() {
    while graveyard != CacheRecord.none {
      var number = graveyard
      graveyard = CacheRecord.none
      burialsUnderWay += 1
      lock.unlock()
      var released = CacheRecord.none
      while number != CacheRecord.none {
        let record = unsafe index.pointee.record(number)
        let next = unsafe record.pointee.next
        release(number)
        unsafe record.pointee.next = released
        released = number
        number = next
      }
      lock.lock()
      recycle(released)
      burialsUnderWay -= 1
      lock.wakeAll()
    }
  }

  private func recycle(_ first: UInt32) {
    var number = first
    while number != CacheRecord.none {
      let next = unsafe index.pointee.record(number).pointee.next
      unsafe index.pointee.recycle(number)
      number = next
    }
  }

  /// Ends a registration that nobody can reach; without the lock.
  func release(_ number: UInt32) {
    let record = unsafe index.pointee.record(number)
    let registration = unsafe DetachedRegistration(
      handle: record.pointee.handle,
      lkey: record.pointee.lkey,
      rkey: record.pointee.rkey
    )
    let range = unsafe AddressRange(start: record.start, length: record.end - record.start)
    let access = unsafe AccessFlags(rawValue: record.pointee.access.load(ordering: .relaxed))
    do {
      try backend.release(registration, range, access: access)
    } catch {
      failedReleases.add(1, ordering: .relaxed)
    }
  }

  /// The last user of a region that is not valid any more has put it.
  @inline(never)
  func lastUserLeft(_ record: UnsafeMutablePointer<CacheRecord>) {
    let number = unsafe index.pointee.index(of: record)
    lock.lock()
    let isForeign = isForeign
    lock.unlock()
    guard !isForeign else { return }
    release(number)
    lock.lock()
    unsafe index.pointee.recycle(number)
    if isClosed { burial.wakeAll() }
    lock.unlock()
  }

  /// Waits until all that was invalidated or evicted is deregistered, unless it has users.
  func drain() {
    lock.lock()
    buryAll()
    lock.unlock()
  }

  /// Deregisters what is buried and waits for those who are at it; with the lock held, which is open meanwhile.
  func buryAll() {
    emptyGraveyard()
    while burialsUnderWay > 0 { lock.wait() }
  }
}
