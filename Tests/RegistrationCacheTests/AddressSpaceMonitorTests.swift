import Glibc
import LinuxSystem
import Synchronization
import Testing

@testable import HostMemory
@testable import RegistrationCache

/// Records events without allocating: the callbacks run on the monitor's thread.
final class EventLog: InvalidationObserver {
  struct Entry {
    var event: AddressSpaceEvent
    var isShut: Bool
  }

  private let entries: Mutex<[Entry]>
  private let shutCount = Atomic<Int>(0)
  private let lossCount = Atomic<Int>(0)
  private let isShut = Atomic<Bool>(false)

  init() {
    var room: [Entry] = []
    room.reserveCapacity(4096)
    entries = Mutex(room)
  }

  // The caller of munmap goes on when its event is read: what is delivered after that has to be waited for.
  var events: [AddressSpaceEvent] {
    try? AddressSpaceMonitor.synchronize()
    return entries.withLock { $0.map(\.event) }
  }
  var allWereShut: Bool { entries.withLock { $0.allSatisfy(\.isShut) } }
  var isShutNow: Bool { isShut.load(ordering: .sequentiallyConsistent) }
  func hasDelivered(_ event: AddressSpaceEvent) -> Bool {
    entries.withLock { $0.contains { $0.event == event } }
  }
  var shuts: Int { shutCount.load(ordering: .sequentiallyConsistent) }

  var wasLost: Bool { lossCount.load(ordering: .sequentiallyConsistent) > 0 }

  func changed(_ event: AddressSpaceEvent) {
    let shut = isShut.load(ordering: .relaxed)
    entries.withLock { $0.append(Entry(event: event, isShut: shut)) }
  }
  func invalidationWillBegin() {
    isShut.store(true, ordering: .sequentiallyConsistent)
    shutCount.add(1, ordering: .sequentiallyConsistent)
  }
  func invalidationDidEnd() { isShut.store(false, ordering: .sequentiallyConsistent) }
  func watchEnded() { lossCount.add(1, ordering: .sequentiallyConsistent) }
  func belongsToForkedParent() {}
  func invalidationsPaused() {}
  func helpersMayEnd() {}
}

/// Gives up its subscription and its share inside the callback.
final class Quitter: AddressSpaceObserver, @unchecked Sendable {
  private var monitor: AddressSpaceMonitor?
  private var subscription: AddressSpaceSubscription?

  func hold(
    _ monitor: consuming AddressSpaceMonitor,
    _ subscription: consuming AddressSpaceSubscription
  ) {
    self.monitor = consume monitor
    self.subscription = consume subscription
  }

  func changed(_ event: AddressSpaceEvent) {
    subscription = nil
    monitor = nil
  }
}

/// Pages mapped for one test, at an address of their own.
@safe
struct WatchedPages: ~Copyable {
  static let size = UInt64(BasePage.size)
  nonisolated(unsafe) let base: UnsafeMutableRawPointer
  let count: Int
  // Whose addresses are somebody else's since.
  private let gone = Mutex<Set<Int>>([])

  init(_ count: Int, flags: Int32 = MAP_PRIVATE | MAP_ANONYMOUS) {
    unsafe base = unsafe mmap(nil, count * BasePage.size, PROT_READ | PROT_WRITE, flags, -1, 0)
    self.count = count
  }

  func range(_ first: Int = 0, _ length: Int? = nil) -> AddressRange {
    unsafe AddressRange(
      start: UInt64(UInt(bitPattern: base)) + UInt64(first) * WatchedPages.size,
      length: UInt64(length ?? count) * WatchedPages.size
    )
  }

  func unmap(_ first: Int, _ length: Int) {
    let result = unsafe munmap(base + first * BasePage.size, length * BasePage.size)
    #expect(result == 0)
    gone.withLock { $0.formUnion(first..<(first + length)) }
  }

  deinit {
    let gone = gone.withLock { $0 }
    guard !gone.isEmpty else {
      unsafe _ = munmap(base, count * BasePage.size)
      return
    }
    for page in 0..<count where !gone.contains(page) {
      unsafe _ = munmap(base + page * BasePage.size, BasePage.size)
    }
  }
}

func descriptorsOfUserfaultfd() -> Int {
  var count = 0
  for number in 0..<256 {
    var target = [CChar](repeating: 0, count: 64)
    let length = unsafe readlink("/proc/self/fd/\(number)", &target, 63)
    guard length > 0 else { continue }
    let name = target.prefix(length).map { Character(UnicodeScalar(UInt8(bitPattern: $0))) }
    if String(name) == "anon_inode:[userfaultfd]" { count += 1 }
  }
  return count
}

@Suite(.serialized) struct AddressSpaceMonitorTests {
  @Test func `tells of munmap with the addresses that went`() throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let pages = WatchedPages(16)
    let log = EventLog()
    let subscription = try monitor.subscribe(log, to: pages.range())
    #expect(try monitor.watch(pages.range(4, 1)) == .everything)
    pages.unmap(4, 2)
    #expect(log.events == [AddressSpaceEvent(.unmap, pages.range(4, 2))])
    #expect(log.allWereShut)
    subscription.cancel()
    monitor.put()
  }

  @Test func `tells of MADV_DONTNEED before the pages are dropped`() throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let pages = WatchedPages(4)
    let log = EventLog()
    let subscription = try monitor.subscribe(log, to: pages.range())
    #expect(try monitor.watch(pages.range()) == .everything)
    unsafe pages.base.storeBytes(of: 7, as: UInt8.self)
    let result = unsafe madvise(pages.base, 2 * BasePage.size, Int32(MADV_DONTNEED))
    #expect(result == 0)
    #expect(log.events == [AddressSpaceEvent(.remove, pages.range(0, 2))])
    #expect(unsafe pages.base.load(as: UInt8.self) == 0)
    subscription.cancel()
  }

  @Test func `tells of MAP_FIXED over watched memory`() throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let pages = WatchedPages(4)
    let log = EventLog()
    let subscription = try monitor.subscribe(log, to: pages.range())
    #expect(try monitor.watch(pages.range()) == .everything)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    unsafe _ = mmap(pages.base + BasePage.size, BasePage.size, PROT_READ, flags, -1, 0)
    #expect(log.events == [AddressSpaceEvent(.unmap, pages.range(1, 1))])
    // The new mapping has never been registered: it must be registered before it counts as watched.
    unsafe _ = munmap(pages.base + BasePage.size, BasePage.size)
    #expect(log.events.count == 1)
    subscription.cancel()
  }

  @Test func `watches a mapping made where a watched one was`() throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let pages = WatchedPages(4)
    let log = EventLog()
    let subscription = try monitor.subscribe(log, to: pages.range())
    for round in 1...50 {
      #expect(try monitor.watch(pages.range()) == .everything)
      pages.unmap(1, 2)
      #expect(log.events.count == round)
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
      unsafe _ = mmap(
        pages.base + BasePage.size,
        2 * BasePage.size,
        PROT_READ | PROT_WRITE,
        flags,
        -1,
        0
      )
    }
    subscription.cancel()
  }

  @Test func `says what it cannot see of shared memory and of holes`() throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let shared = WatchedPages(4, flags: MAP_SHARED | MAP_ANONYMOUS)
    #expect(try monitor.watch(shared.range()) == .mappingOnly)
    let holed = WatchedPages(4)
    holed.unmap(2, 1)
    #expect(try monitor.watch(holed.range()) == .nothing)
    #expect(try monitor.watch(holed.range(0, 2)) == .everything)
  }

  @Test func `raises no fault for untouched watched memory, nor for the kernel`() throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let pages = WatchedPages(64)
    #expect(try monitor.watch(pages.range()) == .everything)
    let zero = unsafe open("/dev/zero", O_RDONLY)
    #expect(unsafe read(zero, pages.base, 32 * BasePage.size) == 32 * BasePage.size)
    close(zero)
    for page in 32..<64 {
      unsafe pages.base.storeBytes(of: 1, toByteOffset: page * BasePage.size, as: UInt8.self)
    }
    #expect(unsafe pages.base.load(fromByteOffset: 63 * BasePage.size, as: UInt8.self) == 1)
  }

  @Test func `watches a thousand ranges of one mapping as one`() throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let pages = WatchedPages(4096)
    let before = mappingCount()
    for page in stride(from: 0, to: 4096, by: 4) {
      #expect(try monitor.watch(pages.range(page, 1)) == .everything)
    }
    #expect(mappingCount() <= before + 2)
  }

  @Test func `delivers to those alone whose range changed`() throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let pages = WatchedPages(16)
    let (first, second) = (EventLog(), EventLog())
    let one = try monitor.subscribe(first, to: pages.range(0, 4))
    let two = try monitor.subscribe(second, to: pages.range(8, 4))
    #expect(try monitor.watch(pages.range()) == .everything)
    pages.unmap(2, 1)
    pages.unmap(4, 2)
    #expect(first.events.count == 1)
    #expect(second.events.isEmpty)
    one.cancel()
    pages.unmap(8, 1)
    #expect(second.events.count == 1)
    #expect(first.events.count == 1)
    two.cancel()
  }

  @Test func `tells every observer before the caller of munmap goes on`() async throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let pages = WatchedPages(256)
    let log = EventLog()
    let subscription = try monitor.subscribe(log, to: pages.range())
    #expect(try monitor.watch(pages.range()) == .everything)
    for page in 0..<256 {
      pages.unmap(page, 1)
      // One read may take the event of this page along with the one before: shut once for both.
      let isShut = log.isShutNow
      #expect(isShut || log.hasDelivered(AddressSpaceEvent(.unmap, pages.range(page, 1))))
    }
    #expect(log.shuts > 0)
    #expect(log.allWereShut)
    #expect(log.events.count == 256)
    subscription.cancel()
  }

  @Test func `lets a callback cancel and put without waiting for itself`() async {
    await #expect(processExitsWith: .success) {
      let monitor = try AddressSpaceMonitor.get(for: .application)
      let pages = WatchedPages(4)
      let quitter = Quitter()
      let subscription = try monitor.subscribe(quitter, to: pages.range())
      _ = try monitor.watch(pages.range())
      quitter.hold(monitor, subscription)
      pages.unmap(0, 1)
      try AddressSpaceMonitor.synchronize()
      #expect(AddressSpaceMonitor.shares(of: .application) == 0)
      #expect(descriptorsOfUserfaultfd() == 0)
      pages.unmap(1, 1)
    }
  }

  @Test func `holds one descriptor for many shares and closes it with the last`() async {
    await #expect(processExitsWith: .success) {
      #expect(descriptorsOfUserfaultfd() == 0)
      let first = try AddressSpaceMonitor.get(for: .registrationCache)
      let second = try AddressSpaceMonitor.get(for: .registrationCache)
      let third = try AddressSpaceMonitor.get(for: .application)
      #expect(descriptorsOfUserfaultfd() == 1)
      #expect(AddressSpaceMonitor.shares(of: .registrationCache) == 2)
      #expect(AddressSpaceMonitor.shares(of: .application) == 1)
      first.put()
      third.put()
      #expect(descriptorsOfUserfaultfd() == 1)
      second.put()
      try AddressSpaceMonitor.synchronize()
      #expect(descriptorsOfUserfaultfd() == 0)
      let again = try AddressSpaceMonitor.get(for: .application)
      #expect(descriptorsOfUserfaultfd() == 1)
      again.put()
    }
  }

  @Test func `lets threads that unmap at once all go on`() async throws {
    let monitor = try AddressSpaceMonitor.get(for: .application)
    let log = EventLog()
    let all = AddressRange(start: 0, length: .max)
    let subscription = try monitor.subscribe(log, to: all)
    let share = monitor.descriptor
    #expect(share >= 0)
    try await withThrowingTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          let monitor = try AddressSpaceMonitor.get(for: .application)
          for _ in 0..<250 {
            let pages = WatchedPages(8)
            _ = try monitor.watch(pages.range())
            pages.unmap(2, 4)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(log.events.count >= 1000)
    subscription.cancel()
  }

  private func mappingCount() -> Int {
    (try? TextFile.read("/proc/self/maps"))?.split(separator: "\n").count ?? 0
  }
}
