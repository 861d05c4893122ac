public import HostMemory
public import Verbs

/// Pinned memory regions in one protection domain.
public struct VerbsStrategy: RegistrationStrategy {
  /// Always `.verbs`.
  public var kind: StrategyKind { .verbs }
  /// The device of the domain.
  public var context: DeviceContext? { domain.context }
  package let domain: ProtectionDomain

  /// Registers in `domain`.
  public init(in domain: ProtectionDomain) { self.domain = domain }

  /// Every base page touched, once per registration.
  public func chargedPages(for range: AddressRange) -> UInt64 { range.pages }

  /// Registers by `ibv_reg_mr_iova2`.
  public func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> Registration {
    do {
      let region = try MemoryRegion(
        in: domain,
        address: range.start,
        length: range.length,
        access: access
      )
      return Registration(.verbs, range, access, region: region)
    } catch {
      throw RegistrationError(.register, .verbs, range, access, error)
    }
  }
}
