internal import CVerbs
import Glibc

/// Room for memory regions that are registered together, timed and deregistered, with one reference to their domain.
///
/// What `MemoryRegion` does for each region, keeping its domain and its keys, would be a measurable part of the 26,000
/// instructions of one page.
@safe
public struct RegionBatch: ~Copyable, Sendable {
  nonisolated(unsafe) private let regions: UnsafeMutablePointer<UnsafeMutablePointer<ibv_mr>?>
  private var domain: ProtectionDomain?
  private var live = 0
  /// How many regions fit.
  public let capacity: Int

  /// Makes room for `capacity` regions, at least one, so that registering them takes no memory for their handles.
  public init(capacity: Int) {
    self.capacity = max(1, capacity)
    unsafe regions = .allocate(capacity: self.capacity)
    unsafe regions.initialize(repeating: nil, count: self.capacity)
  }

  /// The domain of the regions to come.
  public mutating func use(_ domain: ProtectionDomain) { self.domain = domain }

  /// Registers `count` regions of `length` bytes, each `stride` bytes after the one before, and deregisters them in the
  /// same order; tells by `clock` how long each half took.
  ///
  /// Throws what `ibv_reg_mr_iova2` leaves or `ibv_dereg_mr` returns first, with all regions deregistered that can be.
  public mutating func sample(
    address: UInt64,
    length: UInt64,
    stride: UInt64,
    count: Int,
    access: AccessFlags,
    clock: () -> UInt64
  ) throws(VerbsError) -> (register: UInt64, deregister: UInt64) {
    precondition(live == 0 && count <= capacity)
    guard let domain = unsafe domain?.raw else {
      throw VerbsError("ibv_reg_mr_iova2", code: EINVAL)
    }
    let (size, flags, regions) = unsafe (
      Int(truncatingIfNeeded: length), access.rawValue, regions
    )
    var (next, refusal): (UInt64, Int32) = (address, 0)
    let begin = clock()
    while live < count {
      let pointer = unsafe UnsafeMutableRawPointer(bitPattern: UInt(next))
      guard let region = unsafe ibv_reg_mr_iova2(domain, pointer, size, next, flags) else {
        refusal = errno
        break
      }
      unsafe regions[live] = region
      live &+= 1
      next &+= stride
    }
    let middle = clock()
    let failure = deregister()
    let end = clock()
    if refusal != 0 { throw VerbsError("ibv_reg_mr_iova2", code: refusal) }
    if failure != 0 { throw VerbsError("ibv_dereg_mr", code: failure) }
    return (middle &- begin, end &- middle)
  }

  /// Deregisters all in the order of registering; the first errno, and the region that it is about is lost.
  @inline(__always)
  private mutating func deregister() -> Int32 {
    var failure: Int32 = 0
    var index = 0
    while index < live {
      if let region = unsafe regions[index] {
        let code = unsafe ibv_dereg_mr(region)
        if code != 0 && failure == 0 { failure = code }
      }
      index &+= 1
    }
    live = 0
    return failure
  }

  deinit {
    unsafe regions.deallocate()
  }
}
