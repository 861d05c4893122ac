public import HostMemory
public import Verbs

/// Memory regions in one protection domain, pinned or on demand.
public struct VerbsStrategy: RegistrationStrategy {
  /// When the device gets the pages.
  public enum Mode: Sendable {
    /// All of them, pinned, before registering returns.
    case pinned
    /// Each when the device touches it: nothing is pinned and nothing charged.
    case onDemand
  }

  /// When the device gets the pages.
  public let mode: Mode
  /// The device of the domain.
  public var context: DeviceContext? { domain.context }
  package let domain: ProtectionDomain

  /// Registers in `domain`, whose device must support on-demand paging for `.onDemand`.
  public init(in domain: ProtectionDomain, mode: Mode = .pinned) {
    self.domain = domain
    self.mode = mode
  }

  /// `.verbs`, or `.odp` for regions on demand.
  public var kind: StrategyKind {
    switch mode {
    case .pinned: .verbs
    case .onDemand: .odp
    }
  }

  /// Every base page touched, once per registration; zero on demand.
  public func chargedPages(for range: AddressRange) -> UInt64 {
    switch mode {
    case .pinned: range.pages
    case .onDemand: 0
    }
  }

  /// The access to ask the kernel for where a caller asks for `access`.
  package func regionAccess(_ access: AccessFlags) -> AccessFlags {
    switch mode {
    case .pinned: access
    case .onDemand: access.union(.onDemand)
    }
  }

  /// Registers by `ibv_reg_mr_iova2`, on demand with `IBV_ACCESS_ON_DEMAND`; throws EINVAL or EOPNOTSUPP if the device
  /// does not support that.
  public func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> Registration {
    do {
      let region = try MemoryRegion(in: domain, range: range, access: regionAccess(access))
      return Registration(kind, range, access, region: region)
    } catch {
      throw RegistrationError(.register, kind, range, access, error)
    }
  }
}

extension StrategyKind {
  /// How a memory region of this kind is registered, `nil` if the kind makes no region of its own.
  package var mode: VerbsStrategy.Mode? {
    switch self {
    case .verbs: .pinned
    case .odp: .onDemand
    case .ioUring, .copy: nil
    }
  }
}
