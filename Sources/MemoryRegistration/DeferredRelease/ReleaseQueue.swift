internal import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// A list that many threads push onto and one worker empties, a whole batch at a time.
@safe
struct ReleaseQueue: ~Copyable {
  typealias Node = UnsafeMutablePointer<ReleaseRecord>

  private let head = Atomic<UInt>(0)
  private let isStopping = Atomic<Bool>(false)
  private let failureCount = Atomic<Int>(0)
  private let lastFailure = Atomic<Int32>(0)
  let pending = Atomic<Int>(0)
  let thread = Atomic<Int32>(0)
  nonisolated(unsafe) private let wakeUp: UnsafeMutablePointer<sem_t>
  nonisolated(unsafe) private let exitSemaphore: UnsafeMutablePointer<sem_t>

  init() {
    unsafe wakeUp = .allocate(capacity: 2)
    unsafe exitSemaphore = unsafe wakeUp + 1
    _ = unsafe sem_init(wakeUp, 0, 0)
    _ = unsafe sem_init(exitSemaphore, 0, 0)
  }

  var failures: (count: Int, lastCode: Errno?) {
    (
      failureCount.load(ordering: .acquiring), Errno(status: lastFailure.load(ordering: .acquiring))
    )
  }

  @inline(__always)
  func push(_ node: Node) {
    pending.add(1, ordering: .relaxed)
    unsafe link(node)
  }

  private func link(_ node: Node) {
    let address = UInt(bitPattern: node)
    var first = head.load(ordering: .relaxed)
    while true {
      unsafe node.pointee.next = Node(bitPattern: first)
      let (done, now) = head.weakCompareExchange(
        expected: first,
        desired: address,
        ordering: .releasing
      )
      if done { break }
      first = now
    }
    // Only the first of a batch has a sleeper to wake; sem_post neither waits nor allocates.
    if first == 0 { _ = unsafe sem_post(wakeUp) }
  }

  func drain() {
    var arrival = sem_t()
    unsafe withUnsafeMutablePointer(to: &arrival) { arrival in
      _ = unsafe sem_init(arrival, 0, 0)
      let mark = Node.allocate(capacity: 1)
      unsafe mark.initialize(to: ReleaseRecord(waking: arrival))
      unsafe link(mark)
      unsafe wait(for: arrival)
      _ = unsafe sem_destroy(arrival)
    }
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    _ = unsafe sem_post(wakeUp)
    _ = unsafe sem_post(exitSemaphore)
  }

  private func wait(for semaphore: UnsafeMutablePointer<sem_t>) {
    // Only a signal ends the wait early.
    while unsafe sem_wait(semaphore) != 0 {}
  }

  private func work() {
    thread.store(clinux_gettid(), ordering: .releasing)
    while true {
      unsafe wait(for: wakeUp)
      let isLast = isStopping.load(ordering: .acquiring)
      releaseBatch()
      guard isLast else { continue }
      // An earlier request may have woken this thread between the flag and its post: the queue is not free yet.
      unsafe wait(for: exitSemaphore)
      return
    }
  }

  private func releaseBatch() {
    var batch = unsafe inOrderOfRequest(head.exchange(0, ordering: .acquiring))
    while let node = unsafe batch {
      unsafe batch = node.pointee.next
      if let arrival = unsafe node.pointee.arrival {
        unsafe ReleaseRecord.drop(node)
        _ = unsafe sem_post(arrival)
        continue
      }
      do {
        try unsafe ReleaseRecord.release(node)
      } catch {
        failureCount.add(1, ordering: .relaxed)
        lastFailure.store(error.code.rawValue, ordering: .releasing)
      }
      pending.subtract(1, ordering: .releasing)
    }
  }

  private func inOrderOfRequest(_ newest: UInt) -> Node? {
    var reversed: Node?
    var next = unsafe Node(bitPattern: newest)
    while let node = unsafe next {
      unsafe next = node.pointee.next
      unsafe node.pointee.next = reversed
      unsafe reversed = node
    }
    return unsafe reversed
  }

  static func startWorker(on queue: UnsafeMutablePointer<ReleaseQueue>) throws(Errno) {
    let worker = try unsafe SignalFreeThread.start(on: queue) { context in
      guard let queue = unsafe context?.assumingMemoryBound(to: ReleaseQueue.self) else {
        return nil
      }
      unsafe queue.pointee.work()
      unsafe queue.deinitialize(count: 1)
      unsafe queue.deallocate()
      return nil
    }
    _ = pthread_detach(worker)
  }

  deinit {
    _ = unsafe sem_destroy(wakeUp)
    _ = unsafe sem_destroy(exitSemaphore)
    unsafe wakeUp.deallocate()
  }
}
