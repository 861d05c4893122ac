internal import CLinux
internal import HostMemory
import Synchronization

/// Rings that pin one buffer each; a ring is made when none is free and closed with the pool.
final class RingPool: Sendable {
  @safe
  struct Ring: Sendable {
    nonisolated(unsafe) let raw: OpaquePointer
  }

  private let free = Mutex<[Ring]>([])

  func take() throws(SystemError) -> Ring {
    if let ring = free.withLock({ $0.popLast() }) { return ring }
    var raw: OpaquePointer?
    let code = unsafe clinux_ring_open(&raw)
    guard code == 0, let raw = unsafe raw else {
      throw SystemError("open an io_uring ring", code: code)
    }
    return unsafe Ring(raw: raw)
  }

  func put(_ ring: Ring) {
    free.withLock { $0.append(ring) }
  }

  deinit {
    for ring in free.withLock({ $0 }) { unsafe clinux_ring_close(ring.raw) }
  }
}
