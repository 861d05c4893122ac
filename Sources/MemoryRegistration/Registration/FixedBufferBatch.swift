import HostMemory
package import LinuxSystem

/// Room for buffers that io_uring rings pin together, timed, and unpin.
///
/// What `Registration` keeps for each buffer would be a tenth of the 500 ns of pinning and unpinning one page.
@safe
package struct FixedBufferBatch: ~Copyable, Sendable {
  nonisolated(unsafe) private let rings: UnsafeMutablePointer<OpaquePointer>
  /// How many buffers fit.
  package let capacity: Int

  /// Makes room for `capacity` buffers, at least one, so that pinning them takes no memory for their handles.
  package init(capacity: Int) {
    self.capacity = max(1, capacity)
    unsafe rings = .touched(capacity: self.capacity)
  }

  /// Pins `count` buffers of `length` bytes, each `stride` bytes after the one before, and unpins them in the same
  /// order; tells how many nanoseconds each half took.
  ///
  /// Throws the first failure of `io_uring_queue_init(3)`, `io_uring_register_buffers(3)` or
  /// `io_uring_unregister_buffers(3)`, with all buffers unpinned.
  package mutating func sample(
    address: UInt64,
    length: UInt64,
    stride: UInt64,
    count: Int
  ) throws(SystemError) -> (register: UInt64, deregister: UInt64) {
    precondition(count <= capacity)
    let (size, rings) = unsafe (Int(truncatingIfNeeded: length), rings)
    var (next, live): (UInt64, Int) = (address, 0)
    var refusal: SystemError?
    var failure: Int32 = 0
    let begin = MonotonicClock.now
    while live < count {
      do throws(SystemError) {
        unsafe rings[live] = try FixedBuffer.pin(next, size)
      } catch {
        refusal = error
        break
      }
      live &+= 1
      next &+= stride
    }
    let middle = MonotonicClock.now
    var index = 0
    while index < live {
      let code = unsafe FixedBuffer.unpin(rings[index])
      if code != 0 && failure == 0 { failure = code }
      index &+= 1
    }
    let end = MonotonicClock.now
    if let refusal { throw refusal }
    try SystemError.check("io_uring_unregister_buffers", failure)
    return (middle &- begin, end &- middle)
  }

  /// Pins and at once unpins `length` bytes at `address`, `count` times; nanoseconds for all of it.
  ///
  /// Throws the first failure, with nothing left pinned.
  package static func samplePairs(
    address: UInt64,
    length: UInt64,
    count: Int
  ) throws(SystemError) -> UInt64 {
    let size = Int(truncatingIfNeeded: length)
    let begin = MonotonicClock.now
    for _ in 0..<count {
      let code = unsafe FixedBuffer.unpin(try FixedBuffer.pin(address, size))
      try SystemError.check("io_uring_unregister_buffers", code)
    }
    return MonotonicClock.now &- begin
  }

  deinit {
    unsafe rings.deallocate()
  }
}
