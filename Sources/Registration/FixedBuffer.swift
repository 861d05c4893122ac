internal import CLinux
internal import HostMemory

/// A buffer pinned by an io_uring ring; unpinned once, by `unpin()` or when it goes out of scope.
struct FixedBuffer: ~Copyable, Sendable {
  private let pool: RingPool
  private var ring: RingPool.Ring?

  init(_ range: AddressRange, from pool: RingPool) throws(SystemError) {
    let ring = try pool.take()
    let code = unsafe clinux_ring_pin(ring.raw, range.start, Int(truncatingIfNeeded: range.length))
    guard code == 0 else {
      pool.put(ring)
      throw SystemError("pin \(range.length) bytes by io_uring", code: code)
    }
    self.pool = pool
    self.ring = ring
  }

  consuming func unpin() throws(SystemError) {
    guard let ring = ring.take() else { return }
    let code = unsafe clinux_ring_unpin(ring.raw)
    pool.put(ring)
    guard code == 0 else { throw SystemError("unpin a buffer of io_uring", code: code) }
  }

  deinit {
    guard let ring else { return }
    _ = unsafe clinux_ring_unpin(ring.raw)
    pool.put(ring)
  }
}
