import Benchmarking
internal import CLoop
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// One way to register and deregister one page's worth or more, with the same clock as every other.
protocol PeerLoop {
  /// Nanoseconds for a batch of registrations and of releases.
  func sample() throws -> SampleTimes
}

/// What `memreg bench` runs.
struct MemregLoop: PeerLoop {
  private let strategy: any SampledStrategy
  private let batch: RegistrationBatch
  private let slots: SlotsBox

  private final class SlotsBox {
    var slots: RegistrationSlots
    init(capacity: Int) { slots = RegistrationSlots(capacity: capacity) }
  }

  init(_ strategy: any SampledStrategy, _ range: AddressRange, batch: Int) {
    self.strategy = strategy
    self.batch = RegistrationBatch(range, count: batch, access: [.localWrite])
    slots = SlotsBox(capacity: batch)
  }

  func sample() throws -> SampleTimes { try strategy.sample(batch, in: &slots.slots) }
}

/// A C function of this package failed.
struct CLoopError: Error {
  let code: Errno
}

/// `ibv_reg_mr` and `ibv_dereg_mr` in C.
@safe
final class CVerbsLoop: PeerLoop {
  private let loop: OpaquePointer
  private let range: AddressRange

  init(device: String, _ range: AddressRange, batch: Int) throws {
    var opened: OpaquePointer?
    let code = unsafe cloop_verbs_open(device, Int32(batch), &opened)
    guard code == 0, let opened = unsafe opened else {
      throw CLoopError(code: Errno(rawValue: code))
    }
    unsafe loop = opened
    self.range = range
  }

  func sample() throws -> SampleTimes {
    var times = cloop_times()
    let code = unsafe cloop_verbs_sample(
      loop,
      range.start,
      Int(range.length),
      Int32(AccessFlags.localWrite.rawValue),
      &times
    )
    if let code = Errno(status: code) { throw CLoopError(code: code) }
    return SampleTimes(register: times.register_ns, deregister: times.deregister_ns)
  }

  deinit { unsafe cloop_verbs_close(loop) }
}

/// `io_uring_register_buffers` and `io_uring_unregister_buffers` in C.
@safe
final class CRingsLoop: PeerLoop {
  private let loop: OpaquePointer
  private let range: AddressRange

  init(_ range: AddressRange, batch: Int) throws {
    var opened: OpaquePointer?
    let code = unsafe cloop_rings_open(Int32(batch), &opened)
    guard code == 0, let opened = unsafe opened else {
      throw CLoopError(code: Errno(rawValue: code))
    }
    unsafe loop = opened
    self.range = range
  }

  func sample() throws -> SampleTimes {
    var times = cloop_times()
    let code = unsafe cloop_rings_sample(loop, range.start, Int(range.length), &times)
    if let code = Errno(status: code) { throw CLoopError(code: code) }
    return SampleTimes(register: times.register_ns, deregister: times.deregister_ns)
  }

  deinit { unsafe cloop_rings_close(loop) }
}
