internal import CLinux
import Glibc
internal import LinuxSystem
public import Synchronization

/// Words that are zero in a forked child, whichever way it was forked, and that belong to one process for good.
///
/// A child learns by one load that what it inherited is its parent's; no handler has to run for that, and none can be
/// missed by `_Fork(3)` or clone(2).
@safe
public struct ProcessPage: Sendable {
  /// Whether requests may be served without asking anyone.
  public enum State: UInt32, Sendable {
    /// The page is a forked parent's.
    case ofForkedParent = 0
    /// No change of watched memory is known that is not accounted for.
    case current = 1
    /// Events have been or are about to be read that are not accounted for.
    case invalidating = 2
    /// The userfaultfd was closed under the monitor.
    case lost = 3
  }

  struct Words: ~Copyable {
    let watched = Atomic<UInt32>(State.current.rawValue)
    let unwatched = Atomic<UInt32>(State.current.rawValue)
    let descriptor = Atomic<Int32>(-1)
  }

  nonisolated(unsafe) let words: UnsafeMutablePointer<Words>

  init() throws(SystemError) {
    let length = BasePage.size
    var (memory, code) = unsafe (clinux_map_wiped_on_fork(length), Errno.current)
    if unsafe memory == nil {
      // Where nothing wipes it, the handler of pthread_atfork does, if it runs.
      let flags = MAP_PRIVATE | MAP_ANONYMOUS
      unsafe (memory, code) = (
        mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0), Errno.current
      )
    }
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw SystemError("map a page that fork wipes", code: code)
    }
    unsafe words = memory.bindMemory(to: Words.self, capacity: 1)
    unsafe words.initialize(to: Words())
  }

  /// The state for those who watch.
  public var watched: UnsafeMutablePointer<Atomic<UInt32>> {
    unsafe UnsafeMutableRawPointer(words).assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  /// The state for those who do not watch: `current` until the process forks.
  public var unwatched: UnsafeMutablePointer<Atomic<UInt32>> { unsafe watched + 1 }

  /// The number of the userfaultfd in this process, -1 for none.
  public var descriptor: UnsafeMutablePointer<Atomic<Int32>> {
    unsafe UnsafeMutableRawPointer(watched + 2).assumingMemoryBound(to: Atomic<Int32>.self)
  }

  /// Whether the page is of a process that forked this one.
  public var isOfForkedParent: Bool {
    unsafe unwatched.pointee.load(ordering: .relaxed) == State.ofForkedParent.rawValue
  }

  /// The state for those who watch, as it is now.
  public var state: State {
    State(rawValue: unsafe watched.pointee.load(ordering: .acquiring)) ?? .invalidating
  }

  /// In a forked child, where the kernel did not do it.
  func wipe() {
    unsafe watched.pointee.store(0, ordering: .relaxed)
    unsafe unwatched.pointee.store(0, ordering: .relaxed)
    unsafe descriptor.pointee.store(0, ordering: .relaxed)
  }

  func invalidationWillBegin() { exchange(.current, .invalidating) }
  func invalidationDidEnd() { exchange(.invalidating, .current) }
  func lose() { unsafe watched.pointee.store(State.lost.rawValue, ordering: .releasing) }
  /// A monitor starts anew after all who relied on the lost one are gone.
  func reset() { unsafe watched.pointee.store(State.current.rawValue, ordering: .releasing) }

  // What was lost stays so.
  private func exchange(_ from: State, _ to: State) {
    _ = unsafe watched.pointee.compareExchange(
      expected: from.rawValue,
      desired: to.rawValue,
      ordering: .sequentiallyConsistent
    )
  }
}
