public import HostMemory
internal import MemoryRegistration

/// A change of this process's address space that cuts addresses from the pages they had.
public struct AddressSpaceEvent: Equatable, Sendable {
  /// What happened, as userfaultfd(2) tells it.
  public enum Kind: Equatable, Sendable {
    /// The addresses are unmapped already, and may be mapped anew.
    case unmap
    /// The pages have moved to the address given.
    case remap(to: UInt64)
    /// The pages are about to be dropped (`MADV_DONTNEED`, `MADV_FREE`, `MADV_REMOVE`).
    case remove
  }

  /// What happened.
  public let kind: Kind
  /// The addresses that lost their pages.
  public let range: AddressRange

  init(_ kind: Kind, _ range: AddressRange) {
    self.kind = kind
    self.range = range
  }
}

/// Somebody who is told of changes to a range of addresses.
public protocol AddressSpaceObserver: AnyObject, Sendable {
  /// Called on the monitor's thread for every change of subscribed addresses.
  ///
  /// It must not allocate, free, map or unmap, nor wait for a thread that may be inside such a call: the caller of munmap
  /// waits for the monitor, and may hold any lock, the allocator's or one that a signal handler interrupted.
  func changed(_ event: AddressSpaceEvent)
}

/// An observer that is told before the threads that changed memory go on, and when every event read has been delivered.
///
/// Between the two calls no caller of `munmap` or `madvise` has yet gone on whose change is undelivered, so an observer that
/// refuses its users meanwhile shows them no state older than a change they know to be over. All but the last two are
/// called on the monitor's thread; the rules of `changed` hold.
public protocol InvalidationObserver: AddressSpaceObserver {
  /// Called before events are read.
  func invalidationWillBegin()
  /// Called after every event read was delivered.
  func invalidationDidEnd()
  /// Called some milliseconds after events, once for many.
  func invalidationsPaused()
  /// Called when the descriptor was closed under the monitor: nothing new can be watched.
  func watchEnded()
  /// Called when the process may be about to end with none but helpers' threads left.
  func helpersMayEnd()
  /// Called in a child after `fork(3)`, on its thread: what was registered belongs to the parent, and no event will come.
  func belongsToForkedParent()
}
