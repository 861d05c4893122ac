public import HostMemory
public import Verbs

/// A way to register memory; says what it charges and does it.
public protocol RegistrationStrategy: Sendable {
  /// Which way this is.
  var kind: StrategyKind { get }

  /// Base pages that the kernel charges to `VmPin` for registering `range` once.
  func chargedPages(for range: AddressRange) -> UInt64

  /// Registers `range`; throws what was attempted with the errno, and leaves nothing pinned then.
  func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> Registration
}
