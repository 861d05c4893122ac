internal import CRing
internal import HostMemory
internal import LinuxSystem

/// A buffer pinned by an io_uring ring; unpinned once, by `unpin()` or when it goes out of scope.
@safe
package struct FixedBuffer: ~Copyable, Sendable {
  nonisolated(unsafe) private var ring: OpaquePointer?

  /// Pins `range`; the error names the C function that failed as its action.
  init(_ range: AddressRange) throws(SystemError) {
    unsafe ring = try FixedBuffer.pin(range.start, Int(truncatingIfNeeded: range.length))
  }

  // Inlined, so that the sampling loop has nothing else between two readings of the clock.
  @inline(__always)
  static func pin(_ address: UInt64, _ length: Int) throws(SystemError) -> OpaquePointer {
    var taken: OpaquePointer?
    let opened = unsafe cring_take(&taken)
    guard opened == 0, let ring = unsafe taken else {
      throw SystemError("io_uring_queue_init", code: Errno(rawValue: opened))
    }
    let status = unsafe cring_pin(ring, address, length)
    guard status == 0 else {
      unsafe cring_put(ring)
      throw SystemError("io_uring_register_buffers", code: Errno(rawValue: status))
    }
    return unsafe ring
  }

  /// Unpins and gives the ring back; 0 or an errno.
  @inline(__always)
  static func unpin(_ ring: OpaquePointer) -> Int32 {
    let status = unsafe cring_unpin(ring)
    unsafe cring_put(ring)
    return status
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
    let status = unsafe FixedBuffer.unpin(pinned)
    try SystemError.check("io_uring_unregister_buffers", status)
  }

  deinit {
    guard let ring = unsafe ring else { return }
    _ = unsafe FixedBuffer.unpin(ring)
  }
}
