internal import HostMemory
import LinuxSystem
import MemoryRegistration
internal import Verbs

/// Room for registrations that live at the same time, so that a measured loop allocates nothing.
@safe
package struct RegistrationSlots: ~Copyable, Sendable {
  nonisolated(unsafe) private let storage: UnsafeMutablePointer<Registration>
  private var live = 0
  private var regions: RegionBatch
  private var buffers: FixedBufferBatch
  /// How many registrations fit.
  package let capacity: Int

  /// Makes room for `capacity` registrations, at least one.
  package init(capacity: Int) {
    self.capacity = max(1, capacity)
    unsafe storage = .touched(capacity: self.capacity)
    regions = RegionBatch(capacity: self.capacity)
    buffers = FixedBufferBatch(capacity: self.capacity)
  }

  @inline(__always)
  mutating func append(_ registration: consuming Registration) {
    precondition(live < capacity)
    unsafe (storage + live).initialize(to: registration)
    live += 1
  }

  /// Releases the registrations in the order of their making; what is left after an error goes out of scope.
  @inline(__always)
  mutating func releaseAll() throws(RegistrationError) {
    let count = live
    live = 0
    for index in 0..<count {
      do {
        try unsafe (storage + index).move().release()
      } catch {
        unsafe (storage + index + 1).deinitialize(count: count - index - 1)
        throw error
      }
    }
  }

  /// A sample of memory regions themselves, without the handles that keep a domain and a strategy for each.
  mutating func sampleRegions(
    _ batch: RegistrationBatch,
    _ strategy: StrategyKind,
    in domain: ProtectionDomain,
    access: AccessFlags
  ) throws(RegistrationError) -> SampleTimes {
    regions.use(domain)
    do {
      return try regions.sample(
        address: batch.first.start,
        length: batch.first.length,
        stride: batch.stride,
        count: batch.count,
        access: access
      )
    } catch {
      throw RegistrationError(error, strategy, batch)
    }
  }

  /// A tight loop over the first region of `batch`, likewise.
  static func sampleRegionPairs(
    _ batch: RegistrationBatch,
    _ strategy: StrategyKind,
    in domain: ProtectionDomain,
    access: AccessFlags,
    count: Int
  ) throws(RegistrationError) -> UInt64 {
    do {
      return try RegionBatch.samplePairs(
        in: domain,
        address: batch.first.start,
        length: batch.first.length,
        count: count,
        access: access
      )
    } catch {
      throw RegistrationError(error, strategy, batch)
    }
  }

  /// A sample of buffers themselves, without the handles that keep how each was registered.
  mutating func sampleBuffers(
    _ batch: RegistrationBatch
  ) throws(RegistrationError) -> SampleTimes {
    do {
      return try buffers.sample(
        address: batch.first.start,
        length: batch.first.length,
        stride: batch.stride,
        count: batch.count
      )
    } catch {
      throw RegistrationError(error, batch)
    }
  }

  /// A tight loop over the first buffer of `batch`, likewise.
  static func sampleBufferPairs(
    _ batch: RegistrationBatch,
    count: Int
  ) throws(RegistrationError) -> UInt64 {
    do {
      return try FixedBufferBatch.samplePairs(
        address: batch.first.start,
        length: batch.first.length,
        count: count
      )
    } catch {
      throw RegistrationError(error, batch)
    }
  }

  /// Lets the registrations go out of scope, which releases them without a report.
  mutating func clear() {
    unsafe storage.deinitialize(count: live)
    live = 0
  }

  deinit {
    unsafe storage.deinitialize(count: live)
    unsafe storage.deallocate()
  }
}

extension RegistrationError {
  fileprivate init(_ error: VerbsError, _ strategy: StrategyKind, _ batch: RegistrationBatch) {
    self.init(
      error.verb == "ibv_dereg_mr" ? .release : .register,
      strategy,
      batch.first,
      batch.access,
      error
    )
  }

  fileprivate init(_ error: SystemError, _ batch: RegistrationBatch) {
    self.init(
      error.action == "io_uring_unregister_buffers" ? .release : .register,
      .ioUring,
      batch.first,
      batch.access,
      call: error.action,
      code: error.code
    )
  }
}
