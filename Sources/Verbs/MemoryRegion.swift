internal import CVerbs
import Glibc
public import HostMemory
import LinuxSystem

/// A registered memory region (`ibv_reg_mr_iova2`); deregistered once, by `deregister()` or when it goes out of scope.
///
/// The region names addresses and does not keep the memory mapped: the kernel holds the pages it pinned.
@safe
public struct MemoryRegion: ~Copyable, Sendable {
  nonisolated(unsafe) var raw: UnsafeMutablePointer<ibv_mr>?
  var domain: ProtectionDomain
  /// The addresses that are registered; the device knows them by the same numbers.
  public internal(set) var range: AddressRange
  /// The key for work requests of this process.
  public internal(set) var lkey: UInt32
  /// The key for a peer's RDMA and atomics.
  public internal(set) var rkey: UInt32
  /// Whether it was registered for on-demand paging; false for a region taken up from a word.
  public let isOnDemand: Bool

  /// Registers `range` in `domain`, by default with its address as iova.
  ///
  /// Throws ENOMEM, EPERM, EFAULT, EINVAL, EAGAIN or EOPNOTSUPP, as `__ib_umem_get_va()` and the driver judge.
  public init(
    in domain: ProtectionDomain,
    range: AddressRange,
    access: AccessFlags,
    iova: UInt64? = nil
  ) throws(VerbsError) {
    let pointer = unsafe UnsafeMutableRawPointer(bitPattern: UInt(range.start))
    let (region, code) = unsafe (
      ibv_reg_mr_iova2(
        domain.raw,
        pointer,
        Int(truncatingIfNeeded: range.length),
        iova ?? range.start,
        access.rawValue
      ), Errno.current
    )
    guard let region = unsafe region else { try domain.context.fail("ibv_reg_mr_iova2", code) }
    unsafe raw = region
    unsafe lkey = region.pointee.lkey
    unsafe rkey = region.pointee.rkey
    self.range = range
    isOnDemand = access.contains(.onDemand)
    self.domain = domain
  }

  /// Takes up what `detach()` put down, of the same domain.
  package init(adopting handle: UInt64, _ range: AddressRange, in domain: ProtectionDomain) {
    unsafe raw = UnsafeMutablePointer(bitPattern: UInt(handle))
    unsafe lkey = raw?.pointee.lkey ?? 0
    unsafe rkey = raw?.pointee.rkey ?? 0
    self.range = range
    isOnDemand = false
    self.domain = domain
  }

  /// Puts the region down as one word, which alone can end it then.
  package consuming func detach() -> UInt64 {
    guard let region = unsafe raw.take() else { return 0 }
    return UInt64(UInt(bitPattern: region))
  }

  /// Ends the registration and unpins; throws EBUSY or EINVAL with the region still registered, and then lost.
  ///
  /// A region of a disassociated context has ended already, which is no error.
  public consuming func deregister() throws(VerbsError) {
    guard let region = unsafe raw.take() else { return }
    let code = unsafe ibv_dereg_mr(region)
    if code != 0 { try domain.context.checkRelease("ibv_dereg_mr", code) }
  }

  deinit {
    guard let region = unsafe raw else { return }
    let code = unsafe ibv_dereg_mr(region)
    if code != 0 { domain.context.noteRelease("ibv_dereg_mr", code) }
  }
}
