package import MemoryRegistration
package import Verbs

/// The strategies that a benchmark compares, with the device that they share.
package struct StrategySet: Sendable {
  /// The strategies, in the order of their cases.
  package let kinds: [StrategyKind]
  /// The domain that registers, if a strategy needs a device.
  package let domain: ProtectionDomain?

  package init(_ kinds: [StrategyKind], in domain: ProtectionDomain?) {
    self.kinds = kinds
    self.domain = domain
  }

  /// The device that is open, if a strategy needs one.
  package var context: DeviceContext? { domain?.context }

  /// The device, if a strategy needs one.
  package var device: Device? { context?.device }

  /// The strategy that registers for `kind`; copying registers its staging buffer by verbs if there is a device.
  package func strategy(_ kind: StrategyKind) -> any SampledStrategy {
    guard let domain, let mode = kind == .copy ? .pinned : kind.mode else {
      return IOUringStrategy()
    }
    return VerbsStrategy(in: domain, mode: mode)
  }
}
