public import HostMemory
public import LinuxSystem
public import MemoryRegistration
public import Verbs

/// A registration that failed, or that is planned.
public struct RegistrationAttempt: Equatable, Sendable {
  /// The memory.
  public var range: AddressRange
  /// What a device was to be allowed.
  public var access: AccessFlags
  /// How it was to be registered.
  public var strategy: StrategyKind
  /// The errno it left.
  public var code: Errno?
  /// The ledger's numbers, where the ledger refused.
  public var refusal: PinRefusal?

  /// Describes an attempt that left `code`.
  public init(
    _ range: AddressRange,
    access: AccessFlags,
    strategy: StrategyKind,
    code: Errno?,
    refusal: PinRefusal? = nil
  ) {
    (self.range, self.access, self.strategy, self.code) = (range, access, strategy, code)
    self.refusal = refusal
  }

  /// The attempt that `error` reports.
  public init(_ error: RegistrationError) {
    self.init(
      error.range,
      access: error.access,
      strategy: error.strategy,
      code: error.code,
      refusal: error.refusal
    )
  }

  // io_uring pins every buffer for writing (`io_pin_pages()`), whatever it is for.
  var pinsForWriting: Bool { strategy == .ioUring || access.pinsForWriting }

  var pinner: String { strategy == .ioUring ? "io_uring" : access.description }
}
