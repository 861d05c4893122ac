internal import CLinux
import Glibc
internal import LinuxSystem
internal import MemoryRegistration
internal import Synchronization

/// The process's monitor behind all shares; it is made once and never freed, so nothing can outlive it.
///
/// The lock is for the program's threads. The thread that reads events never takes it: a thread inside munmap waits for the
/// reader, and may have been interrupted by a signal handler while it held any lock, this one too.
@safe
final class MonitorCore: @unchecked Sendable {
  let page: ProcessPage
  let lock = ProcessLock()
  let changes = ChangeLog()
  let life = Atomic<UInt64>(0)
  let isLost = Atomic<Bool>(false)
  let hasFailedToLookUp = Atomic<Bool>(false)
  let eventThread = Atomic<UInt>(0)
  let shareCounts: UnsafeMutablePointer<Atomic<Int>>

  // Guarded by the lock, but for deliveries to the subscribed.
  var subscriptions: Subscriptions
  var mappings: WatchedMappings
  var changesApplied: UInt64 = 0
  var mapsFile: Int32 = -1
  var canary: Int32 = -1
  /// A watched page of the monitor's own: to change it wakes the thread that reads events, without a descriptor to lose.
  let bell: UnsafeMutableRawPointer

  /// What its users keep for the next of them; guarded by the lock, and of this process alone.
  var idle: [AnyObject] = []
  /// Those who ever used it on somebody's behalf; they are never freed. Guarded by the lock.
  var users: [AnyObject] = []

  let start = MonitorStart()
  let events: UnsafeMutablePointer<clinux_address_event>

  /// The shares in the low half; the monitor's state above.
  enum Life {
    static let shares: UInt64 = 0xffff_ffff
    static let running: UInt64 = 1 << 32
    static let stopping: UInt64 = 1 << 33
  }

  /// The address of the monitor of this process or of one that forked it; 0 before the first.
  private static let current = Atomic<UInt>(0)
  private static let forkHandler: Int32 = pthread_atfork(nil, nil, { MonitorCore.forked() })

  /// The monitor of this process, which a forked child has none of at first.
  static func ofThisProcess() throws(MonitorError) -> MonitorCore {
    if let code = Errno(status: forkHandler) { throw .unavailable(code) }
    while true {
      let known = current.load(ordering: .acquiring)
      if let core = object(known), !core.page.isOfForkedParent { return core }
      let fresh: MonitorCore
      do {
        fresh = try MonitorCore()
      } catch {
        throw .unavailable(error.code)
      }
      let retained = unsafe Unmanaged.passRetained(fresh)
      let exchange = current.compareExchange(
        expected: known,
        desired: UInt(bitPattern: unsafe retained.toOpaque()),
        ordering: .acquiringAndReleasing
      )
      if exchange.exchanged {
        clinux_helper_on_leader_end { MonitorCore.leaderEnded() }
        return fresh
      }
      unsafe retained.release()
    }
  }

  private static func object(_ address: UInt) -> MonitorCore? {
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: address) else { return nil }
    return unsafe Unmanaged<MonitorCore>.fromOpaque(pointer).takeUnretainedValue()
  }

  private init() throws(SystemError) {
    page = try ProcessPage()
    subscriptions = try Subscriptions()
    mappings = try WatchedMappings()
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    let (memory, code) = unsafe (
      mmap(nil, BasePage.size, PROT_READ | PROT_WRITE, flags, -1, 0), Errno.current
    )
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw SystemError("map a page to wake a thread by", code: code)
    }
    unsafe bell = memory
    unsafe events = .allocate(capacity: Int(CLINUX_USERFAULT_BATCH))
    let uses = AddressSpaceMonitor.Use.allCases.count
    unsafe shareCounts = .allocate(capacity: uses)
    for use in 0..<uses { unsafe (shareCounts + use).initialize(to: Atomic(0)) }
  }

  // In the child, on its one thread, which may have forked inside any call of the parent's: nothing here takes a lock.
  private static func forked() {
    guard let core = object(current.load(ordering: .acquiring)) else { return }
    let file = core.start.descriptor.load(ordering: .relaxed)
    core.page.wipe()
    // Where somebody has closed it, the others are somebody's as well.
    if clinux_userfault_state(file) != CLINUX_USERFAULT_LOST {
      close(file)
      if core.canary >= 0 { close(core.canary) }
      if core.mapsFile >= 0 { close(core.mapsFile) }
    }
    core.subscriptions.forEachInvalidationObserver { $0.belongsToForkedParent() }
  }

  /// The main thread has called pthread_exit: those who wait have to look now and then whether they are left alone.
  static func leaderEnded() {
    guard let core = object(current.load(ordering: .acquiring)), !core.page.isOfForkedParent
    else { return }
    core.ring()
    core.subscriptions.forEachInvalidationObserver { $0.helpersMayEnd() }
  }

  /// The number of the userfaultfd in this process; -1 where none is open.
  var descriptor: Int32 {
    page.isOfForkedParent ? -1 : unsafe page.descriptor.pointee.load(ordering: .relaxed)
  }

  var isEventThread: Bool { eventThread.load(ordering: .relaxed) == UInt(pthread_self()) }

  /// How the watched memory is, asked of the kernel.
  @inline(__always)
  var state: Int32 {
    clinux_userfault_state(unsafe page.descriptor.pointee.load(ordering: .relaxed))
  }

  func locked<Value>(_ body: () -> Value) -> Value {
    lock.lock()
    defer { lock.unlock() }
    return body()
  }

  /// Notices that the descriptor is another's or nobody's; called by whoever finds it so.
  func lose() {
    guard !page.isOfForkedParent else { return }
    page.lose()
    isLost.store(true, ordering: .releasing)
  }
}
