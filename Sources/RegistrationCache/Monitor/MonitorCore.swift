internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import Synchronization

/// The process's monitor behind all shares; it is made once and never freed, so nothing can outlive it.
@safe
final class MonitorCore: @unchecked Sendable {
  let descriptor = Atomic<Int32>(-1)
  let lock = ProcessLock()

  // All below are guarded by the lock, which the event thread holds from before it reads events until they are delivered.
  var mappings: WatchedMappings
  var subscriptions: Subscriptions
  var counts: [Int]
  var generation: UInt64 = 0
  var changes: UInt64 = 0
  var isRunning = false
  var isLost = false
  private var wakeup: Int32 = -1
  private let events: UnsafeMutablePointer<clinux_address_event>
  private let eventThread = Atomic<UInt>(0)

  private static let made = Result { try MonitorCore() }

  static func ofThisProcess() throws(MonitorError) -> MonitorCore {
    do {
      return try made.get()
    } catch {
      throw .unavailable((error as? SystemError)?.code ?? .ENOMEM)
    }
  }

  private init() throws {
    mappings = try WatchedMappings()
    subscriptions = try Subscriptions()
    counts = AddressSpaceMonitor.Use.allCases.map { _ in 0 }
    unsafe events = .allocate(capacity: Int(CLINUX_USERFAULT_BATCH))
    let code = pthread_atfork(
      { MonitorCore.current?.prepareFork() },
      { MonitorCore.current?.resumeParent() },
      { MonitorCore.current?.resumeChild() }
    )
    try SystemError.check("watch for fork", code)
  }

  private static var current: MonitorCore? { try? made.get() }

  private var isEventThread: Bool {
    eventThread.load(ordering: .relaxed) == UInt(pthread_self())
  }

  private func locked<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    // A callback runs with the lock held by its own thread.
    guard !isEventThread else { return try body() }
    lock.lock()
    defer { lock.unlock() }
    return try body()
  }

  func retain(_ use: AddressSpaceMonitor.Use) throws(MonitorError) -> UInt64 {
    try locked { () throws(MonitorError) -> UInt64 in
      if isUnused { isLost = false }
      guard !isLost else { throw .lost }
      if !isRunning { try start() }
      counts[use.rawValue] += 1
      return generation
    }
  }

  func shares(of use: AddressSpaceMonitor.Use) -> Int { locked { counts[use.rawValue] } }

  func release(_ use: AddressSpaceMonitor.Use, generation: UInt64) {
    locked {
      guard generation == self.generation, counts[use.rawValue] > 0 else { return }
      counts[use.rawValue] -= 1
      // The event thread closes the descriptor: it alone knows that no callback is running.
      if isUnused { wake() }
    }
    letGo()
  }

  var currentGeneration: UInt64 { locked { generation } }

  func subscribe(
    _ observer: any AddressSpaceObserver,
    _ range: AddressRange
  ) throws(MonitorError) -> UInt32 {
    let index = locked { subscriptions.add(observer, range) }
    guard let index else { throw .refused(.ENOMEM) }
    return index
  }

  func unsubscribe(_ index: UInt32, generation: UInt64) {
    guard !isEventThread else {
      subscriptions.cancel(index)
      return
    }
    let observer = locked { () -> (any AddressSpaceObserver)? in
      generation == self.generation ? subscriptions.remove(index) : nil
    }
    // Freed here, without the lock: freeing may unmap what is watched.
    _ = observer
    letGo()
  }

  func synchronize() throws(MonitorError) {
    guard !isEventThread else { throw .wouldDeadlock }
    lock.lock()
    while isRunning && isUnused { lock.wait() }
    lock.unlock()
    letGo()
  }

  var hasUnreadChange: Bool {
    let answer = clinux_userfault_changing(descriptor.load(ordering: .relaxed)) != 0
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    return answer
  }

  // Observers whose subscription was cancelled from inside a callback, where they could not be freed.
  private func letGo() {
    guard !isEventThread else { return }
    while let observer = locked({ subscriptions.sweep() }) { _ = observer }
  }

  private var isUnused: Bool {
    var total = 0
    for count in counts { total += count }
    return total == 0
  }
}

extension MonitorCore {
  // Nothing is watched yet, so that allocating under the lock cannot wait for an event.
  private func start() throws(MonitorError) {
    var opened: Int32 = -1
    if let code = Errno(status: unsafe clinux_userfault_open(&opened)) { throw .unavailable(code) }
    let (wakeup, failure) = (clinux_wakeup_open(), Errno.current)
    guard wakeup >= 0 else {
      close(opened)
      throw .unavailable(failure)
    }
    self.wakeup = wakeup
    descriptor.store(opened, ordering: .relaxed)
    let thread: pthread_t
    do {
      thread = try startThread()
    } catch {
      close(opened)
      close(wakeup)
      descriptor.store(-1, ordering: .relaxed)
      throw .thread(error)
    }
    pthread_detach(thread)
    isRunning = true
  }

  private func startThread() throws(Errno) -> pthread_t {
    // A signal handler on the event thread might unmap and wait for itself.
    try unsafe SignalFreeThread.start(on: Unmanaged.passUnretained(self).toOpaque()) { context in
      if let context = unsafe context {
        unsafe Unmanaged<MonitorCore>.fromOpaque(context).takeUnretainedValue().run()
      }
      return nil
    }
  }

  private func wake() { clinux_wakeup_send(wakeup) }

  private func run() {
    unsafe clinux_name_thread("memreg-monitor")
    eventThread.store(UInt(pthread_self()), ordering: .relaxed)
    let (file, wakeup) = (descriptor.load(ordering: .relaxed), wakeup)
    var goesOn = true
    while goesOn {
      let reasons = clinux_userfault_wait(file, wakeup)
      lock.lock()
      if reasons & CLINUX_USERFAULT_LOST != 0 {
        lose()
        goesOn = false
      } else {
        if reasons & CLINUX_USERFAULT_EVENT != 0 { goesOn = deliver(from: file) }
        if reasons & CLINUX_USERFAULT_WAKEUP != 0 {
          clinux_wakeup_take(wakeup)
          goesOn = goesOn && !isUnused
        }
      }
      if !goesOn { stop(file) }
      lock.unlock()
    }
  }

  private func deliver(from file: Int32) -> Bool {
    subscriptions.forEachGate { $0.shut() }
    let count = unsafe clinux_userfault_read(file, events, CLINUX_USERFAULT_BATCH)
    guard count >= 0 else {
      subscriptions.forEachGate { $0.open() }
      lose()
      return false
    }
    for index in 0..<Int(count) {
      let event = unsafe AddressSpaceEvent(events[index])
      if event.kind != .remove { mappings.remove(event.range.start, event.range.end) }
      changes += 1
      subscriptions.deliver(event)
    }
    subscriptions.forEachGate { $0.open() }
    return true
  }

  private func lose() {
    isLost = true
    subscriptions.forEachGate {
      $0.shut()
      $0.lost()
    }
  }

  private func stop(_ file: Int32) {
    // Closing lets every caller go on that waits for an event, and unregisters all mappings.
    // A descriptor that was lost has another owner.
    if !isLost { close(file) }
    close(wakeup)
    descriptor.store(-1, ordering: .relaxed)
    eventThread.store(0, ordering: .relaxed)
    mappings.removeAll()
    isRunning = false
    lock.wakeAll()
  }
}

extension MonitorCore {
  private func prepareFork() {
    lock.lock()
    subscriptions.forEachGate { $0.shut() }
  }

  private func resumeParent() {
    subscriptions.forEachGate { $0.open() }
    lock.unlock()
  }

  private func resumeChild() {
    lock.reset()
    subscriptions.forEachGate { $0.forked() }
    subscriptions.abandon()
    mappings.removeAll()
    for index in counts.indices { counts[index] = 0 }
    generation += 1
    if isRunning {
      close(descriptor.load(ordering: .relaxed))
      close(wakeup)
    }
    descriptor.store(-1, ordering: .relaxed)
    eventThread.store(0, ordering: .relaxed)
    isRunning = false
    isLost = false
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
