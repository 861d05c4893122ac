import Glibc
public import HostMemory
import LinuxSystem
public import Verbs

/// A strategy behind a ledger: what does not fit under the limit is refused with numbers and never reaches the kernel.
public struct Ledgered<Strategy: RegistrationStrategy>: RegistrationStrategy {
  /// The strategy that registers.
  public let strategy: Strategy
  /// The ledger that is asked first.
  public let ledger: PinLedger
  /// Whether the kernel is asked even where the ledger would refuse.
  public let isForced: Bool

  /// The strategy's kind.
  public var kind: StrategyKind { strategy.kind }
  /// The strategy's device.
  public var context: DeviceContext? { strategy.context }
  package let share: PinShare.Reference?

  /// Puts `ledger` before `strategy`.
  public init(_ strategy: Strategy, ledger: PinLedger = .process, isForced: Bool = false) {
    self.strategy = strategy
    self.ledger = ledger
    self.isForced = isForced
    share = strategy.context.flatMap { ledger.share(of: $0) }
  }

  /// What the strategy charges.
  public func chargedPages(for range: AddressRange) -> UInt64 { strategy.chargedPages(for: range) }

  /// What the strategy charges for a kind of memory.
  public func chargedPages(for range: AddressRange, of memory: MemoryKind) -> UInt64 {
    strategy.chargedPages(for: range, of: memory)
  }

  /// Reserves, registers and settles; throws the refusal, or the kernel's errno with the pages given back.
  public func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> Registration {
    let reservation = try reserve(range, access: access)
    do {
      var registration = try strategy.register(range, access: access)
      registration.carry(reservation.settle(to: share))
      return registration
    } catch {
      reservation.rollBack()
      if error.code == .ENOMEM { ledger.refresh() }
      throw error
    }
  }

  @inline(__always)
  private func reserve(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> PinReservation {
    let pages = strategy.chargedPages(for: range)
    do {
      return try ledger.reserve(pages)
    } catch {
      // A range that the kernel refuses before it looks at the limit is the kernel's to judge.
      if isForced || range.exceedsRegistration { return ledger.force(isForced ? pages : 0) }
      throw RegistrationError(
        .register,
        kind,
        range,
        access,
        call: "reserve",
        code: error.code,
        refusal: error
      )
    }
  }
}

extension RegistrationStrategy {
  /// This strategy behind `ledger`; `isForced` asks the kernel even where the ledger would refuse.
  public func ledgered(by ledger: PinLedger = .process, isForced: Bool = false) -> Ledgered<Self> {
    Ledgered(self, ledger: ledger, isForced: isForced)
  }
}

extension AddressRange {
  // `__ib_umem_get_va()`: a wrapping range or one of more pages than an unsigned int counts is EINVAL.
  fileprivate var exceedsRegistration: Bool {
    let (_, wraps) = start.addingReportingOverflow(length)
    return wraps || pages == 0 || pages > UInt64(UInt32.max)
  }
}
