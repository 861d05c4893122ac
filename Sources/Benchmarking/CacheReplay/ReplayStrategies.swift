import Diagnosis
package import MemoryRegistration
import RegistrationCache
package import Verbs

/// What registers in a replay: an RDMA device, or io_uring.
package struct ReplayStrategies {
  private let domain: ProtectionDomain?

  /// Registers in `domain`, or by io_uring without one.
  package init(in domain: ProtectionDomain?) { self.domain = domain }

  /// The device that is open, `nil` with io_uring.
  package var context: DeviceContext? { domain?.context }

  /// The device, `nil` with io_uring.
  package var device: Device? { context?.device }

  /// The strategy of policies that pin.
  package var kind: StrategyKind { domain == nil ? .ioUring : .verbs }

  /// Whether the device registers on demand.
  package var hasOnDemand: Bool {
    guard let strategy = try? onDemand() else { return false }
    return RegistrationProbe(strategy).attemptFreshPage(access: [.localWrite]) == .works
  }

  var pinning: any RegistrationStrategy {
    if let domain { VerbsStrategy(in: domain) } else { IOUringStrategy() }
  }

  func onDemand() throws(CacheReplayError) -> any RegistrationStrategy {
    guard let domain else { throw .noOnDemand }
    return VerbsStrategy(in: domain, mode: .onDemand)
  }

  /// A cache that evicts before the memlock limit is hit.
  func cache(_ policy: CachePolicy) throws(CacheError) -> RegistrationCache {
    guard let domain else {
      return try RegistrationCache(of: IOUringStrategy().ledgered(), policy: policy)
    }
    return try RegistrationCache(of: VerbsStrategy(in: domain).ledgered(), policy: policy)
  }
}
