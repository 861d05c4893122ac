internal import CLinux
import Glibc
internal import Synchronization

/// What one thread counts of its users of regions, and the slots for what it lends to C.
///
/// Only its thread writes a counter, so that taking a region and giving it back are no atomic exchange. Another thread may
/// give back what this one took: a region's users are the sum of all threads' counters, each of which may be below zero.
/// Who wants the sum first makes sure that the region is handed out no more, then has every thread pass a barrier
/// (membarrier(2)), and reads. What a thread that has ended leaves behind is the next one's to go on with.
@safe
struct ThreadLoans: ~Copyable {
  /// The most caches of a process at a time.
  static let cacheLimit = 1024
  /// The bytes before the counters of a cache: the number of its hits by this thread.
  private static let headerBytes = 64

  let isOwned = Atomic<UInt32>(1)
  /// The first slot that is free.
  var free: UnsafeMutablePointer<LoanSlot>?
  /// The first slot that other threads gave back, by its address.
  let returned = Atomic<UInt>(0)
  fileprivate var next: UnsafeMutablePointer<ThreadLoans>?

  private static let first = Atomic<UInt>(0)

  fileprivate static var headSize: Int { 64 }
  private static var size: Int { headSize + cacheLimit * MemoryLayout<UInt>.stride }

  /// Those of the calling thread, `nil` before its first.
  @inline(__always)
  static var current: UnsafeMutablePointer<ThreadLoans>? {
    unsafe clinux_get_thread_slot()?.assumingMemoryBound(to: ThreadLoans.self)
  }

  /// Those of the calling thread; `nil` where there is no memory for them.
  static func make() -> UnsafeMutablePointer<ThreadLoans>? {
    if let known = unsafe current { return unsafe known }
    guard let loans = unsafe takeOver() ?? allocate() else { return nil }
    let code = unsafe clinux_set_thread_slot(
      loans,
      { loans in
        let loans = unsafe loans?.assumingMemoryBound(to: ThreadLoans.self)
        unsafe loans?.pointee.isOwned.store(0, ordering: .releasing)
      }
    )
    guard code == 0 else {
      unsafe loans.pointee.isOwned.store(0, ordering: .releasing)
      return nil
    }
    return unsafe loans
  }

  private static func takeOver() -> UnsafeMutablePointer<ThreadLoans>? {
    var link = unsafe head
    while let loans = unsafe link {
      let exchange = unsafe loans.pointee.isOwned.compareExchange(
        expected: 0,
        desired: 1,
        ordering: .acquiringAndReleasing
      )
      if exchange.exchanged { return unsafe loans }
      unsafe link = loans.pointee.next
    }
    return nil
  }

  private static func allocate() -> UnsafeMutablePointer<ThreadLoans>? {
    guard let memory = unsafe mapped(size) else { return nil }
    let loans = unsafe memory.bindMemory(to: ThreadLoans.self, capacity: 1)
    unsafe loans.initialize(to: ThreadLoans())
    var before = first.load(ordering: .relaxed)
    while true {
      unsafe loans.pointee.next = unsafe UnsafeMutablePointer(bitPattern: before)
      let exchange = first.compareExchange(
        expected: before,
        desired: UInt(bitPattern: loans),
        ordering: .acquiringAndReleasing
      )
      if exchange.exchanged { return unsafe loans }
      before = exchange.original
    }
  }

  static func mapped(_ length: Int) -> UnsafeMutableRawPointer? {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | Int32(MAP_NORESERVE)
    let memory = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0)
    return unsafe memory == MAP_FAILED ? nil : memory
  }

  fileprivate static var head: UnsafeMutablePointer<ThreadLoans>? {
    unsafe UnsafeMutablePointer(bitPattern: first.load(ordering: .acquiring))
  }
}

/// The counters of one thread for one cache, by the records' numbers.
typealias LoanCounters = UnsafeMutablePointer<Atomic<Int32>>

extension ThreadLoans {
  /// The calling thread's counters for a cache; `nil` before it used the cache.
  @inline(__always)
  static func counters(of cache: Int) -> LoanCounters? {
    guard let loans = unsafe current else { return nil }
    return unsafe counters(of: cache, in: loans)
  }

  @inline(__always)
  private static func counters(
    of cache: Int,
    in loans: UnsafeMutablePointer<ThreadLoans>
  ) -> LoanCounters? {
    unsafe LoanCounters(bitPattern: table(loans)[cache].load(ordering: .acquiring))
  }

  @inline(__always)
  private static func table(
    _ loans: UnsafeMutablePointer<ThreadLoans>
  ) -> UnsafeMutablePointer<Atomic<UInt>> {
    unsafe (UnsafeMutableRawPointer(loans) + headSize).assumingMemoryBound(to: Atomic<UInt>.self)
  }

  /// Gives the calling thread counters for the records of a cache; does without where there is no memory.
  static func prepare(_ cache: Int, capacity: Int) {
    guard let loans = unsafe make(), unsafe counters(of: cache, in: loans) == nil,
      let memory = unsafe mapped(headerBytes + capacity * MemoryLayout<Int32>.stride)
    else { return }
    let address = UInt(bitPattern: unsafe memory + headerBytes)
    unsafe table(loans)[cache].store(address, ordering: .releasing)
    // Who looks for users and sees no counters has handed the regions out no more before this thread looks at one.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }

  @inline(__always)
  static func add(_ change: Int32, to number: Int, _ counters: LoanCounters) {
    let counter = unsafe counters + number
    unsafe counter.pointee.store(
      counter.pointee.load(ordering: .relaxed) &+ change,
      ordering: .relaxed
    )
  }

  @inline(__always)
  static func countHit(_ counters: LoanCounters) {
    let cell = unsafe hits(counters)
    unsafe cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }

  @inline(__always)
  private static func hits(_ counters: LoanCounters) -> UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe (UnsafeMutableRawPointer(counters) - headerBytes)
      .assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// The users that all threads count of a record.
  static func users(of number: Int, in cache: Int) -> Int {
    var sum = 0
    unsafe forEach(cache) { counters, _ in
      unsafe sum += Int(counters[number].load(ordering: .relaxed))
    }
    return sum
  }

  /// The hits that all threads count of a cache.
  static func hits(of cache: Int) -> UInt64 {
    var sum: UInt64 = 0
    unsafe forEach(cache) { counters, _ in
      unsafe sum += hits(counters).pointee.load(ordering: .relaxed)
    }
    return sum
  }

  /// Whether a thread other than the calling one may use the cache this moment.
  static func isUsedByOthers(_ cache: Int) -> Bool {
    let own = unsafe current
    var isUsed = false
    unsafe forEach(cache) { _, loans in
      if unsafe loans != own, unsafe loans.pointee.isOwned.load(ordering: .acquiring) != 0 {
        isUsed = true
      }
    }
    return isUsed
  }

  /// Makes all counters of a cache zero; only when none of its regions has users.
  static func reset(_ cache: Int, capacity: Int) {
    unsafe forEach(cache) { counters, _ in
      let memory = unsafe UnsafeMutableRawPointer(counters) - headerBytes
      let length = headerBytes + capacity * MemoryLayout<Int32>.stride
      unsafe _ = madvise(memory, length, Int32(MADV_DONTNEED))
    }
  }

  private static func forEach(
    _ cache: Int,
    _ body: (LoanCounters, UnsafeMutablePointer<ThreadLoans>) -> Void
  ) {
    var link = unsafe head
    while let loans = unsafe link {
      if let counters = unsafe counters(of: cache, in: loans) { unsafe body(counters, loans) }
      unsafe link = loans.pointee.next
    }
  }
}
