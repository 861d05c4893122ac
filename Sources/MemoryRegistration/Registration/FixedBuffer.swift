internal import CRing
internal import HostMemory
internal import LinuxSystem

/// A buffer pinned by an io_uring ring; unpinned once, by `unpin()` or when it goes out of scope.
@safe
package struct FixedBuffer: ~Copyable, Sendable {
  nonisolated(unsafe) private var ring: OpaquePointer?

  /// Pins `range`; the error names the C function that failed as its action.
  init(_ range: AddressRange) throws(SystemError) {
    var taken: OpaquePointer?
    let opened = unsafe cring_take(&taken)
    guard opened == 0, let fresh = unsafe taken else {
      throw SystemError("io_uring_queue_init", code: Errno(rawValue: opened))
    }
    let status = unsafe cring_pin(fresh, range.start, Int(truncatingIfNeeded: range.length))
    if let code = Errno(status: status) {
      unsafe cring_put(fresh)
      throw SystemError("io_uring_register_buffers", code: code)
    }
    unsafe ring = fresh
  }

  /// Takes up what `detach()` put down.
  package init(adopting handle: UInt64) { unsafe ring = OpaquePointer(bitPattern: UInt(handle)) }

  /// Puts the buffer down as a word.
  consuming func detach() -> UInt64 {
    guard let pinned = unsafe ring.take() else { return 0 }
    return UInt64(UInt(bitPattern: pinned))
  }

  consuming func unpin() throws(SystemError) {
    guard let pinned = unsafe ring.take() else { return }
    let status = unsafe cring_unpin(pinned)
    unsafe cring_put(pinned)
    try SystemError.check("io_uring_unregister_buffers", status)
  }

  deinit {
    guard let ring = unsafe ring else { return }
    _ = unsafe cring_unpin(ring)
    unsafe cring_put(ring)
  }
}
