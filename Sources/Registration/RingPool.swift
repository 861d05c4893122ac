internal import CLinux
internal import HostMemory
import Synchronization

/// Rings that pin one buffer each; a ring is made when none is free and closed with the pool.
final class RingPool: Sendable {
  @safe
  struct Ring: Sendable {
    nonisolated(unsafe) let raw: OpaquePointer
  }

  private struct Rings {
    var free: [Ring] = []
    var made = 0
  }

  private let rings = Mutex(Rings())

  func take() throws(SystemError) -> Ring {
    if let ring = rings.withLock({ $0.free.popLast() }) { return ring }
    var raw: OpaquePointer?
    let code = unsafe clinux_ring_open(&raw)
    guard code == 0, let raw = unsafe raw else {
      throw SystemError("open an io_uring ring", code: code)
    }
    // Room for every ring's return now, as returning one must not need memory.
    rings.withLock {
      $0.made += 1
      $0.free.reserveCapacity($0.made)
    }
    return unsafe Ring(raw: raw)
  }

  func put(_ ring: Ring) {
    rings.withLock { $0.free.append(ring) }
  }

  deinit {
    for ring in rings.withLock({ $0.free }) { unsafe clinux_ring_close(ring.raw) }
  }
}
