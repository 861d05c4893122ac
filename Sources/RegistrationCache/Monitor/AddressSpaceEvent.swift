public import HostMemory

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
  /// It must not allocate, free, map or unmap, nor wait for a thread that does: the caller of munmap that waits
  /// for the monitor may hold the allocator's locks.
  func changed(_ event: AddressSpaceEvent)
}

/// An observer that shuts itself before the threads that changed memory are let go, and opens when all is delivered.
///
/// Between the two calls no caller of `munmap` or `madvise` has yet gone on whose change is undelivered, so a gate that
/// refuses its users meanwhile shows them no state older than a change they know to be over.
public protocol AddressSpaceGate: AddressSpaceObserver {
  /// Called before events are read; the rules of `changed` hold.
  func shut()
  /// Called after every event read was delivered.
  func open()
  /// Called when changes may have passed unseen; the gate is shut and stays so.
  func lost()
  /// Called in a forked child with the gate shut: what was registered belongs to the parent, and no event will come.
  func forked()
}
