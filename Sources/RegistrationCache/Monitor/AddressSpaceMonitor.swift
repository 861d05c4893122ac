internal import CLinux
public import HostMemory
internal import Synchronization

/// A share in the one monitor of this process's address space (the counterpart of `mmu_notifier_get()`).
///
/// All shares use one userfaultfd and one thread. Whole mappings are registered with it, in write-protect mode with
/// nothing protected, so that events come and page faults never do. It is given back once, by `put()` or when it
/// goes out of scope; with the last share the descriptor is closed, which lets every caller that waits for it go on.
public struct AddressSpaceMonitor: ~Copyable, Sendable {
  /// What a share is for; shares are counted apart by it.
  public enum Use: Int, Sendable, CaseIterable {
    case registrationCache
    case application
  }

  let core: MonitorCore
  private let use: Use

  /// Takes a share and starts the monitor for the first; throws if userfaultfd is unavailable.
  public static func get(for use: Use) throws(MonitorError) -> AddressSpaceMonitor {
    let core = try MonitorCore.ofThisProcess()
    try core.retain(use)
    return AddressSpaceMonitor(core: core, use: use)
  }

  private init(core: MonitorCore, use: Use) {
    self.core = core
    self.use = use
  }

  /// The shares taken and not given back, by use.
  public static func shares(of use: Use) -> Int {
    (try? MonitorCore.ofThisProcess())?.shares(of: use) ?? 0
  }

  /// The number of the userfaultfd, -1 when the monitor does not run.
  public var descriptor: Int32 { core.descriptor }

  /// Gives the share back, in any context, also from inside a callback; what it held is freed when no callback can run.
  public consuming func put() {}

  deinit { core.release(use) }

  /// Has the mappings that hold `range` watched and says how much of their changes will be seen.
  ///
  /// The answer holds for the mappings there are when it returns: a change during the call is delivered to those who
  /// subscribed before. Throws where the monitor lost its descriptor.
  public func watch(_ range: AddressRange) throws(MonitorError) -> Visibility {
    try core.hold(range, permanently: true).visibility
  }

  /// Has `observer` told of changes to `range` until the subscription is cancelled.
  public func subscribe(
    _ observer: any AddressSpaceObserver,
    to range: AddressRange
  ) throws(MonitorError) -> AddressSpaceSubscription {
    AddressSpaceSubscription(core: core, index: try core.subscribe(observer, range))
  }

  /// Has `observer` told of forks alone, which needs no userfaultfd.
  public static func followForks(
    _ observer: any InvalidationObserver
  ) throws(MonitorError) -> AddressSpaceSubscription {
    let core = try MonitorCore.ofThisProcess()
    let index = try core.subscribe(observer, AddressRange(start: 0, length: 0))
    return AddressSpaceSubscription(core: core, index: index)
  }

  /// Whether a watched mapping is being changed by a call whose event has not been read.
  ///
  /// A thread that was given the addresses anew before the caller of `munmap` returned can learn it from this alone;
  /// it costs one ioctl.
  public var hasUnreadChange: Bool { core.state == CLINUX_USERFAULT_CHANGING }

  /// Returns when no callback that had begun is still running and a monitor without shares has closed its descriptor
  /// (`mmu_notifier_synchronize()`); throws `wouldDeadlock` from inside a callback.
  public static func synchronize() throws(MonitorError) {
    try MonitorCore.ofThisProcess().synchronize()
  }
}

/// A subscription to changes of a range; cancelled once, by `cancel()` or when it goes out of scope.
public struct AddressSpaceSubscription: ~Copyable, Sendable {
  private let core: MonitorCore
  private let index: UInt32

  init(core: MonitorCore, index: UInt32) {
    self.core = core
    self.index = index
  }

  /// Ends the subscription; outside callbacks none of its own is running when this returns.
  public consuming func cancel() {}

  deinit { core.unsubscribe(index) }
}
