public import HostMemory
import LinuxSystem
public import Verbs

/// Memory that is registered: released once, by `release()` or when it goes out of scope.
public struct Registration: ~Copyable, Sendable {
  enum Backing: ~Copyable, Sendable {
    case region(MemoryRegion)
    case fixedBuffer(FixedBuffer)
  }

  /// How the memory is registered.
  public let strategy: StrategyKind
  /// The memory that is registered.
  public let range: AddressRange
  /// What a device may do with it.
  public let access: AccessFlags
  /// The key for local work requests, of verbs registrations.
  public let lkey: UInt32?
  /// The key for a peer, of verbs registrations.
  public let rkey: UInt32?
  private var backing: Backing
  // After `backing`: the ledger must not be below the kernel when both go out of scope.
  private var charge: PinCharge?

  package init(
    _ strategy: StrategyKind,
    _ range: AddressRange,
    _ access: AccessFlags,
    region: consuming MemoryRegion
  ) {
    self.strategy = strategy
    self.range = range
    self.access = access
    lkey = region.lkey
    rkey = region.rkey
    backing = .region(region)
  }

  package init(_ range: AddressRange, _ access: AccessFlags, buffer: consuming FixedBuffer) {
    strategy = .ioUring
    self.range = range
    self.access = access
    lkey = nil
    rkey = nil
    backing = .fixedBuffer(buffer)
  }

  package mutating func carry(_ charge: consuming PinCharge) { self.charge = consume charge }

  /// Ends the registration; the charge is back at the kernel and in the ledger when this returns.
  ///
  /// Throws what the kernel said where it refuses; the memory is still pinned then, and stays in the ledger.
  public consuming func release() throws(RegistrationError) {
    var charge = charge.take()
    do {
      try endBacking()
      charge.take()?.giveBack()
    } catch {
      charge.take()?.forfeit()
      throw error
    }
  }

  /// Puts the registration down as one word, for a record that has room for no more; only `adopt` can end it then.
  package consuming func detach() -> UInt64 {
    charge.take()?.transfer()
    return switch consume backing {
    case .region(let region): region.detach()
    case .fixedBuffer(let buffer): buffer.detach()
    }
  }

  // Inlined, or the whole value is moved once more.
  @inline(__always)
  private consuming func endBacking() throws(RegistrationError) {
    let (strategy, range, access) = (strategy, range, access)
    switch consume backing {
    case .region(let region):
      do {
        try region.deregister()
      } catch {
        throw RegistrationError(.release, strategy, range, access, error)
      }
    case .fixedBuffer(let buffer):
      do {
        try buffer.unpin()
      } catch {
        throw RegistrationError(
          .release,
          strategy,
          range,
          access,
          call: "io_uring_unregister_buffers",
          code: error.code
        )
      }
    }
  }
}
