internal import CVerbs
import Glibc
internal import LinuxSystem

/// Room for memory regions that are registered together, timed and deregistered, with one reference to their domain.
///
/// What `MemoryRegion` does for each region, keeping its domain and its keys, would be a measurable part of the 26,000
/// instructions of one page.
@safe
public struct RegionBatch: ~Copyable, Sendable {
  nonisolated(unsafe) private let regions: UnsafeMutablePointer<UnsafeMutablePointer<ibv_mr>>
  private var domain: ProtectionDomain?
  /// How many regions fit.
  public let capacity: Int

  /// Makes room for `capacity` regions, at least one, so that registering them takes no memory for their handles.
  public init(capacity: Int) {
    self.capacity = max(1, capacity)
    unsafe regions = .touched(capacity: self.capacity)
  }

  /// The domain of the regions to come.
  public mutating func use(_ domain: ProtectionDomain) { self.domain = domain }

  /// Registers `count` regions of `length` bytes, each `stride` bytes after the one before, and deregisters them in the
  /// same order; tells how many nanoseconds each half took.
  ///
  /// Throws the first failure of `ibv_reg_mr_iova2` or `ibv_dereg_mr`, with all regions deregistered that can be.
  public mutating func sample(
    address: UInt64,
    length: UInt64,
    stride: UInt64,
    count: Int,
    access: AccessFlags
  ) throws(VerbsError) -> (register: UInt64, deregister: UInt64) {
    precondition(count <= capacity)
    guard let domain = unsafe domain?.raw else {
      throw VerbsError("ibv_reg_mr_iova2", code: .EINVAL)
    }
    let (size, flags, regions) = unsafe (
      Int(truncatingIfNeeded: length), access.rawValue, regions
    )
    var (next, live): (UInt64, Int) = (address, 0)
    var refusal: Errno?
    var failure: Int32 = 0
    let begin = MonotonicClock.now
    while live < count {
      let pointer = unsafe UnsafeMutableRawPointer(bitPattern: UInt(next))
      guard let region = unsafe ibv_reg_mr_iova2(domain, pointer, size, next, flags) else {
        refusal = Errno.current
        break
      }
      unsafe regions[live] = region
      live &+= 1
      next &+= stride
    }
    let middle = MonotonicClock.now
    var index = 0
    while index < live {
      let code = unsafe ibv_dereg_mr(regions[index])
      if code != 0 && failure == 0 { failure = code }
      index &+= 1
    }
    let end = MonotonicClock.now
    if let refusal { try fail("ibv_reg_mr_iova2", refusal) }
    if let failure = Errno(status: failure) { try fail("ibv_dereg_mr", failure) }
    return (middle &- begin, end &- middle)
  }

  /// Registers and at once deregisters `length` bytes at `address`, `count` times; nanoseconds for all of it.
  ///
  /// Throws the first failure of `ibv_reg_mr_iova2` or `ibv_dereg_mr`, with nothing left registered that can be
  /// deregistered.
  public static func samplePairs(
    in domain: ProtectionDomain,
    address: UInt64,
    length: UInt64,
    count: Int,
    access: AccessFlags
  ) throws(VerbsError) -> UInt64 {
    let (raw, size, flags) = unsafe (
      domain.raw, Int(truncatingIfNeeded: length), access.rawValue
    )
    let pointer = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address))
    let begin = MonotonicClock.now
    for _ in 0..<count {
      guard let region = unsafe ibv_reg_mr_iova2(raw, pointer, size, address, flags) else {
        let code = Errno.current
        try domain.context.fail("ibv_reg_mr_iova2", code)
      }
      let code = unsafe ibv_dereg_mr(region)
      if let code = Errno(status: code) { try domain.context.fail("ibv_dereg_mr", code) }
    }
    let end = MonotonicClock.now
    withExtendedLifetime(domain) {}
    return end &- begin
  }

  private func fail(_ verb: StaticString, _ code: Errno) throws(VerbsError) -> Never {
    if let domain { try domain.context.fail(verb, code) }
    throw VerbsError(verb.description, code: code)
  }

  deinit {
    unsafe regions.deallocate()
  }
}
