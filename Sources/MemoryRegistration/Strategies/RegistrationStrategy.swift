public import HostMemory
public import Verbs

/// A way to register memory; says what it charges and does it.
public protocol RegistrationStrategy: Sendable {
  /// Which way this is.
  var kind: StrategyKind { get }

  /// The device that registers, `nil` where none is needed.
  var context: DeviceContext? { get }

  /// Base pages that the kernel charges to `VmPin` for registering `range` once.
  func chargedPages(for range: AddressRange) -> UInt64

  /// Base pages charged for `range` of a kind of memory, where the kind makes a difference.
  func chargedPages(for range: AddressRange, of memory: MemoryKind) -> UInt64

  /// Registers `range`; throws the attempt with its errno, and then nothing is pinned.
  func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> Registration
}

extension RegistrationStrategy {
  /// None.
  public var context: DeviceContext? { nil }

  /// The same for every kind of memory.
  public func chargedPages(for range: AddressRange, of memory: MemoryKind) -> UInt64 {
    chargedPages(for: range)
  }
}
