internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import Synchronization

extension MonitorCore {
  func retain(_ use: AddressSpaceMonitor.Use) throws(MonitorError) {
    lock.lock()
    defer { lock.unlock() }
    while true {
      let now = life.load(ordering: .acquiring)
      let isLost = isLost.load(ordering: .acquiring)
      if now & Life.stopping != 0 {
        pause()
      } else if isLost, now & Life.shares != 0 {
        throw .lost
      } else if now & Life.running == 0 {
        try begin()
      } else if isLost {
        requestStop()
      } else {
        let exchange = life.compareExchange(
          expected: now,
          desired: now + 1,
          ordering: .acquiringAndReleasing
        )
        if exchange.exchanged { break }
      }
    }
    _ = unsafe shareCounts[use.rawValue].add(1, ordering: .relaxed)
  }

  func shares(of use: AddressSpaceMonitor.Use) -> Int {
    unsafe shareCounts[use.rawValue].load(ordering: .relaxed)
  }

  func release(_ use: AddressSpaceMonitor.Use) {
    guard !page.isOfForkedParent else { return }
    _ = unsafe shareCounts[use.rawValue].subtract(1, ordering: .relaxed)
    let left = life.subtract(1, ordering: .acquiringAndReleasing).newValue & Life.shares
    // From inside a callback the next who calls stops the monitor, which idles until then.
    guard !isEventThread else { return }
    if left == 0 {
      lock.lock()
      requestStop()
      lock.unlock()
    }
    letGo()
  }

  func subscribe(
    _ observer: any AddressSpaceObserver,
    _ range: AddressRange
  ) throws(MonitorError) -> UInt32 {
    lock.lock()
    let index = subscriptions.add(observer, range)
    lock.unlock()
    guard let index else { throw .refused(.ENOMEM) }
    return index
  }

  func unsubscribe(_ index: UInt32) {
    guard !page.isOfForkedParent else { return }
    guard !isEventThread else {
      subscriptions.cancelInCallback(index)
      return
    }
    let delivery = subscriptions.cancel(index)
    while subscriptions.isDelivering(delivery) { sched_yield() }
    lock.lock()
    let observer = subscriptions.remove(index)
    lock.unlock()
    // Freed here, without the lock: freeing may unmap what is watched.
    _ = observer
    letGo()
  }

  func synchronize() throws(MonitorError) {
    guard !isEventThread else { throw .wouldDeadlock }
    guard !page.isOfForkedParent else { return }
    if life.load(ordering: .acquiring) & Life.running != 0, state == CLINUX_USERFAULT_LOST {
      lose()
    }
    let delivery = subscriptions.delivery
    while subscriptions.isDelivering(delivery) { sched_yield() }
    lock.lock()
    requestStop()
    while life.load(ordering: .acquiring) & Life.stopping != 0 { pause() }
    lock.unlock()
    letGo()
  }

  // Observers whose subscription was cancelled from inside a callback, where they could not be freed.
  private func letGo() {
    while true {
      let delivery = subscriptions.delivery
      while subscriptions.isDelivering(delivery) { sched_yield() }
      lock.lock()
      let observer = subscriptions.sweep()
      lock.unlock()
      if observer == nil { return }
    }
  }

  // With the lock held, which is open meanwhile: the event thread is ending.
  private func pause() {
    lock.unlock()
    usleep(50)
    lock.lock()
  }

  /// Stops a monitor that nobody has a share in; with the lock held.
  private func requestStop() {
    let exchange = life.compareExchange(
      expected: Life.running,
      desired: Life.stopping,
      ordering: .acquiringAndReleasing
    )
    guard exchange.exchanged else { return }
    let file = unsafe page.descriptor.pointee.exchange(-1, ordering: .acquiringAndReleasing)
    start.descriptor.store(-1, ordering: .relaxed)
    applyChanges()
    let wasLost =
      isLost.load(ordering: .acquiring) || clinux_userfault_state(file) == CLINUX_USERFAULT_LOST
    if !wasLost {
      // A child that was forked without handlers keeps the userfaultfd alive, and watched mappings would wait for it.
      mappings.forEach { start, end in _ = clinux_userfault_unwatch(file, start, end) }
    }
    mappings.removeAll()
    // What was lost has another owner; what is shared with the event thread it closes itself. Before the thread is woken,
    // which may have ended by then: with the last descriptor nothing is watched any more, and the waking waits for nobody.
    let ownsFiles = start.outcome.load(ordering: .relaxed) == MonitorStart.Outcome.ownFiles
    if !wasLost, ownsFiles {
      close(file)
      close(canary)
    }
    canary = -1
    ring()
  }

  /// Wakes the event thread.
  func ring() { unsafe _ = madvise(bell, BasePage.size, Int32(MADV_DONTNEED)) }
}

extension MonitorCore {
  // With the lock held. Nothing is watched yet, so that allocating cannot wait for an event.
  private func begin() throws(MonitorError) {
    var file: Int32 = -1
    if let code = Errno(status: unsafe clinux_userfault_open(&file)) { throw .unavailable(code) }
    var ends: [Int32] = [-1, -1]
    if let failure = Errno(status: unsafe clinux_canary_open(&ends)) {
      close(file)
      throw .unavailable(failure)
    }
    isLost.store(false, ordering: .relaxed)
    page.reset()
    start.descriptor.store(file, ordering: .relaxed)
    start.canary.store(ends[0], ordering: .relaxed)
    start.outcome.store(0, ordering: .relaxed)
    let address = UInt64(UInt(bitPattern: unsafe bell))
    _ = clinux_userfault_watch(file, address, address + UInt64(BasePage.size))
    unsafe page.descriptor.pointee.store(file, ordering: .releasing)
    life.store(Life.running, ordering: .releasing)
    var thread: UInt64 = 0
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let started = unsafe clinux_helper_start(
      &thread,
      "memreg-monitor",
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<MonitorCore>.fromOpaque(context).takeUnretainedValue().run()
        }
      },
      context
    )
    if let failure = Errno(status: started) {
      life.store(0, ordering: .releasing)
      unsafe page.descriptor.pointee.store(-1, ordering: .relaxed)
      for number in [file, ends[0], ends[1]] { close(number) }
      throw .thread(failure)
    }
    pthread_detach(pthread_t(thread))
    while start.outcome.load(ordering: .acquiring) == 0 { usleep(20) }
    canary = ends[1]
    if start.outcome.load(ordering: .relaxed) == MonitorStart.Outcome.ownFiles {
      close(ends[0])
    } else {
      close(ends[0])
      close(ends[1])
      canary = -1
    }
  }
}
