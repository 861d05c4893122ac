public import HostMemory
public import LinuxSystem
public import Verbs

/// A registration or release that failed, with everything that is needed to explain it.
public struct RegistrationError: Error, Equatable, Sendable {
  /// Which half of a registration's life failed.
  public enum Phase: String, Sendable {
    case register
    case release
  }

  /// Whether registering or releasing failed.
  public let phase: Phase
  /// How the memory was to be registered.
  public let strategy: StrategyKind
  /// The memory.
  public let range: AddressRange
  /// The access asked for.
  public let access: AccessFlags
  /// The C function that failed.
  public let call: String
  /// The errno it left.
  public let code: Errno
  /// The numbers, where the ledger refused and the kernel was not asked.
  public let refusal: PinRefusal?
  /// Whether the device is gone, and with it everything that was registered on it.
  public private(set) var isDisassociated = false

  /// Records the failure of `call`.
  public init(
    _ phase: Phase,
    _ strategy: StrategyKind,
    _ range: AddressRange,
    _ access: AccessFlags,
    call: String,
    code: Errno,
    refusal: PinRefusal? = nil
  ) {
    (self.phase, self.strategy, self.call) = (phase, strategy, call)
    (self.range, self.access) = (range, access)
    (self.code, self.refusal) = (code, refusal)
  }

  package init(
    _ phase: Phase,
    _ strategy: StrategyKind,
    _ range: AddressRange,
    _ access: AccessFlags,
    _ error: VerbsError
  ) {
    self.init(phase, strategy, range, access, call: error.verb, code: error.code)
    isDisassociated = error.isDisassociated
  }
}

extension RegistrationError: CustomStringConvertible {
  /// One line: "cannot register 1048576 bytes by verbs (ibv_reg_mr_iova2): Cannot allocate memory (ENOMEM)".
  public var description: String {
    let attempt =
      "cannot \(phase.rawValue) \(range.length) bytes by \(strategy.rawValue) (\(call)): "
    if isDisassociated { return attempt + "the device has been removed" }
    let cause = code.description
    return refusal.map { "\(attempt)\(cause); \($0)" } ?? attempt + cause
  }
}
