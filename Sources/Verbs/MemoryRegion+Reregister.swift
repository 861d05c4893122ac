internal import CVerbs
import Glibc
import HostMemory
import LinuxSystem

/// One property of a region that re-registration changes in place.
public enum RegionChange: Sendable {
  /// What the device may do.
  case access(AccessFlags)
  /// The protection domain.
  case domain(ProtectionDomain)
  /// The memory, in bytes from an address.
  case translation(address: UInt64, length: UInt64)
}

/// Which way a re-registration went.
public enum ReregisterRoute: String, Sendable {
  /// Through the provider library (`ibv_rereg_mr`).
  case provider
  /// By the kernel's own command, as the provider library lacks the operation.
  case kernel
}

extension MemoryRegion {
  /// Changes the region in place, through the provider or else by the kernel's command; keys may change.
  ///
  /// Throws EOPNOTSUPP where the driver has no such change and EACCES where the pin forbids the access
  /// (`ib_umem_check_rereg()`); the region stays as it was then.
  public mutating func reregister(
    _ change: RegionChange
  ) throws(VerbsError) -> ReregisterRoute {
    guard let region = unsafe raw else { throw VerbsError("ibv_rereg_mr", code: .EINVAL) }
    let arguments = ReregisterArguments(change)
    let domain = arguments.domain
    let (result, code) = unsafe (
      ibv_rereg_mr(
        region,
        Int32(arguments.flags),
        domain?.raw,
        UnsafeMutableRawPointer(bitPattern: UInt(arguments.address)),
        Int(arguments.length),
        Int32(bitPattern: arguments.access)
      ), Errno.current
    )
    let route: ReregisterRoute
    if result == 0 {
      route = .provider
    } else if code == .EOPNOTSUPP || code == .ENOSYS {
      try self.domain.context.check(
        "ibv_rereg_mr",
        unsafe cverbs_rereg_mr_command(
          region,
          arguments.flags,
          arguments.address,
          arguments.length,
          arguments.access,
          domain?.raw
        )
      )
      route = .kernel
    } else {
      try self.domain.context.fail("ibv_rereg_mr", code)
    }
    unsafe lkey = region.pointee.lkey
    unsafe rkey = region.pointee.rkey
    if let domain { self.domain = domain }
    if case .translation(let address, let length) = change {
      range = AddressRange(start: address, length: length)
    }
    return route
  }
}

private struct ReregisterArguments {
  var flags: UInt32 = 0
  var address: UInt64 = 0
  var length: UInt64 = 0
  var access: UInt32 = 0
  var domain: ProtectionDomain?

  init(_ change: RegionChange) {
    switch change {
    case .access(let access):
      flags = IBV_REREG_MR_CHANGE_ACCESS.rawValue
      self.access = access.rawValue
    case .domain(let domain):
      flags = IBV_REREG_MR_CHANGE_PD.rawValue
      self.domain = domain
    case .translation(let address, let length):
      flags = IBV_REREG_MR_CHANGE_TRANSLATION.rawValue
      (self.address, self.length) = (address, length)
    }
  }
}
