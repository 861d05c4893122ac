import Glibc
public import LinuxSystem
import Synchronization

/// Releases registrations on a thread of its own, for those who must not block or allocate where they notice
/// that a registration has to end: event handlers, allocator hooks, threads inside `free`.
///
/// A request links a node that lives in the registration's own record onto a list, so it cannot fail for want of
/// memory; the list is never longer than there are registrations. A forked child has no worker and must not use it.
@safe
public final class DeferredRelease: Sendable {
  nonisolated(unsafe) private let queue: UnsafeMutablePointer<ReleaseQueue>

  /// Starts the worker; throws EAGAIN if no thread is available.
  public init() throws(SystemError) {
    let queue = UnsafeMutablePointer<ReleaseQueue>.allocate(capacity: 1)
    unsafe queue.initialize(to: ReleaseQueue())
    do {
      try unsafe ReleaseQueue.startWorker(on: queue)
    } catch {
      unsafe queue.deinitialize(count: 1)
      unsafe queue.deallocate()
      throw SystemError("start the release worker", code: error)
    }
    unsafe self.queue = queue
  }

  /// Makes a record for `registration`, the only allocation that its release will ever need.
  public func adopt(_ registration: consuming Registration) -> DeferrableRegistration {
    unsafe DeferrableRegistration(ReleaseRecord.make(registration), queue: self)
  }

  /// Releases asked for and not done yet.
  public var pendingCount: Int { unsafe queue.pointee.pending.load(ordering: .acquiring) }

  /// Releases that the kernel refused, and the errno of the last; their memory is still pinned.
  public var failures: (count: Int, lastCode: Errno?) { unsafe queue.pointee.failures }

  /// Waits until every release that was asked for before is done.
  public func drain() { unsafe queue.pointee.drain() }

  /// The worker's thread id.
  public var workerThread: Int32 { unsafe queue.pointee.thread.load(ordering: .acquiring) }

  @inline(__always)
  func push(_ record: UnsafeMutablePointer<ReleaseRecord>) { unsafe queue.pointee.push(record) }

  // The worker does what is left and frees the queue: the last reference may go where nothing may block.
  deinit { unsafe queue.pointee.stop() }
}
