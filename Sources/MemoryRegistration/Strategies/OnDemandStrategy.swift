public import HostMemory
public import Verbs

/// On-demand memory regions in one protection domain: nothing is pinned and nothing charged.
public struct OnDemandStrategy: RegistrationStrategy {
  /// Always `.odp`.
  public var kind: StrategyKind { .odp }
  /// The device of the domain.
  public var context: DeviceContext? { domain.context }
  package let domain: ProtectionDomain

  /// Registers in `domain`, whose device must support on-demand paging.
  public init(in domain: ProtectionDomain) { self.domain = domain }

  /// Always zero: the kernel faults pages in when the device touches them.
  public func chargedPages(for range: AddressRange) -> UInt64 { 0 }

  /// Registers by `ibv_reg_mr_iova2` with `IBV_ACCESS_ON_DEMAND`; throws EINVAL or EOPNOTSUPP without support.
  public func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> Registration {
    do {
      let region = try MemoryRegion(
        in: domain,
        address: range.start,
        length: range.length,
        access: access.union(.onDemand)
      )
      return Registration(.odp, range, access, region: region)
    } catch {
      throw RegistrationError(.register, .odp, range, access, error)
    }
  }
}
