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

  /// The loop that `open` makes.
  static func opened(_ open: (inout OpaquePointer?) -> Int32) throws -> OpaquePointer {
    var loop: OpaquePointer?
    let code = unsafe open(&loop)
    guard code == 0, let loop = unsafe loop else { throw CLoopError(code: Errno(rawValue: code)) }
    return unsafe loop
  }

  /// The times that `sample` takes.
  static func sampled(_ sample: (inout cloop_times) -> Int32) throws -> SampleTimes {
    var times = cloop_times()
    if let code = Errno(status: sample(&times)) { throw CLoopError(code: code) }
    return (times.register_ns, times.deregister_ns)
  }
}

/// `ibv_reg_mr` and `ibv_dereg_mr` in C.
@safe
final class CVerbsLoop: PeerLoop {
  private let loop: OpaquePointer
  private let range: AddressRange

  init(device: String, _ range: AddressRange, batch: Int) throws {
    unsafe loop = try CLoopError.opened { unsafe cloop_verbs_open(device, Int32(batch), &$0) }
    self.range = range
  }

  func sample() throws -> SampleTimes {
    let access = Int32(AccessFlags.localWrite.rawValue)
    return try CLoopError.sampled {
      unsafe cloop_verbs_sample(loop, range.start, Int(range.length), access, &$0)
    }
  }

  deinit { unsafe cloop_verbs_close(loop) }
}

/// `io_uring_register_buffers` and `io_uring_unregister_buffers` in C.
@safe
final class CRingsLoop: PeerLoop {
  private let loop: OpaquePointer
  private let range: AddressRange

  init(_ range: AddressRange, batch: Int) throws {
    unsafe loop = try CLoopError.opened { unsafe cloop_rings_open(Int32(batch), &$0) }
    self.range = range
  }

  func sample() throws -> SampleTimes {
    try CLoopError.sampled {
      unsafe cloop_rings_sample(loop, range.start, Int(range.length), &$0)
    }
  }

  deinit { unsafe cloop_rings_close(loop) }
}
