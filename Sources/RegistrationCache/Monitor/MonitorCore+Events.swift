internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import MemoryRegistration
internal import Synchronization

// The thread that reads events. It takes no lock, allocates nothing and frees nothing.
extension MonitorCore {
  /// How long it waits for further events before it does what need not be done for each.
  private static let settleMilliseconds: Int32 = 2

  func run() {
    eventThread.store(UInt(pthread_self()), ordering: .relaxed)
    let file = start.descriptor.load(ordering: .relaxed)
    var canary = start.canary.load(ordering: .relaxed)
    let ownsFiles = keepFiles(file, canary)
    if !ownsFiles { canary = -1 }
    start.outcome.store(
      ownsFiles ? MonitorStart.Outcome.ownFiles : MonitorStart.Outcome.sharedFiles,
      ordering: .releasing
    )
    var hasToldLoss = false
    var isUnsettled = false
    var settled: UInt64 = 0
    while true {
      let timeout = isUnsettled ? Self.settleMilliseconds : restingTimeout
      let reasons = clinux_userfault_wait(file, canary, timeout)
      if reasons & CLINUX_USERFAULT_EVENT != 0, !deliver(from: file) { lose() }
      if life.load(ordering: .acquiring) & Life.stopping != 0 { break }
      if reasons & CLINUX_USERFAULT_CANARY != 0 {
        canary = -1
        lose()
      }
      if reasons & CLINUX_USERFAULT_LOST != 0 { lose() }
      if isLost.load(ordering: .acquiring), !hasToldLoss {
        hasToldLoss = true
        tellLoss()
      }
      // Without a table of its own the thread has nothing left to read.
      if hasToldLoss, !ownsFiles { break }
      let now = Self.milliseconds()
      if reasons & CLINUX_USERFAULT_EVENT != 0, !isUnsettled {
        isUnsettled = true
        settled = now
      } else if isUnsettled, reasons == CLINUX_USERFAULT_TIMEOUT || now - settled > 8 {
        isUnsettled = false
        subscriptions.forEachInvalidationObserver { $0.invalidationsPaused() }
        if ownsFiles, !hasToldLoss, clinux_userfault_is_open_as(file, file) == 0 { lose() }
      } else if reasons == CLINUX_USERFAULT_TIMEOUT, clinux_helper_is_alone() != 0,
        endWithProcess(file)
      {
        break
      }
    }
    stop(file, canary, closing: ownsFiles || !hasToldLoss)
  }

  private var restingTimeout: Int32 {
    // A thread that found the loss cannot wake this one by a descriptor.
    isLost.load(ordering: .relaxed) ? 20 : clinux_helper_timeout_ms()
  }

  private func keepFiles(_ file: Int32, _ canary: Int32) -> Bool {
    let files = (file, canary)
    return unsafe withUnsafePointer(to: files) { files in
      unsafe files.withMemoryRebound(to: Int32.self, capacity: 2) { files in
        unsafe clinux_keep_files(files, 2) == 0
      }
    }
  }

  private static func milliseconds() -> UInt64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
  }

  private func deliver(from file: Int32) -> Bool {
    page.invalidationWillBegin()
    subscriptions.beginDelivery()
    subscriptions.forEachInvalidationObserver { $0.invalidationWillBegin() }
    let count = unsafe clinux_userfault_read(file, events, CLINUX_USERFAULT_BATCH)
    for index in 0..<Int(max(count, 0)) {
      let event = unsafe AddressSpaceEvent(events[index])
      if event.kind != .remove { changes.append(event.range.start, event.range.end) }
      subscriptions.deliver(event)
    }
    subscriptions.forEachInvalidationObserver { $0.invalidationDidEnd() }
    subscriptions.endDelivery()
    page.invalidationDidEnd()
    return count >= 0
  }

  private func tellLoss() {
    subscriptions.beginDelivery()
    subscriptions.forEachInvalidationObserver {
      $0.invalidationWillBegin()
      $0.watchEnded()
    }
    subscriptions.endDelivery()
  }

  // Only helpers are left, whose end ends the process: what runs at exit must not wait for events.
  private func endWithProcess(_ file: Int32) -> Bool {
    guard lock.tryLock() else { return false }
    applyChanges()
    mappings.forEach { start, end in _ = clinux_userfault_unwatch(file, start, end) }
    mappings.removeAll()
    lock.unlock()
    return true
  }

  private func stop(_ file: Int32, _ canary: Int32, closing: Bool) {
    // Lets every caller go on that waits for an event, and unregisters all mappings. Where a forked child has the file as
    // well, only the caller who wakes this thread could still wait.
    let address = UInt64(UInt(bitPattern: unsafe bell))
    _ = clinux_userfault_unwatch(file, address, address + UInt64(BasePage.size))
    while unsafe clinux_userfault_read(file, events, CLINUX_USERFAULT_BATCH) > 0 {}
    if closing { close(file) }
    if canary >= 0 { close(canary) }
    eventThread.store(0, ordering: .relaxed)
    life.bitwiseAnd(Life.shares, ordering: .releasing)
  }
}

extension AddressSpaceEvent {
  init(_ event: clinux_address_event) {
    let kind: Kind =
      switch event.kind {
      case UInt32(CLINUX_EVENT_REMOVE): .remove
      case UInt32(CLINUX_EVENT_REMAP): .remap(to: event.target)
      default: .unmap
      }
    self.init(kind, AddressRange(start: event.start, length: event.end - event.start))
  }
}
