/// Pages set aside for a registration that the kernel has not decided; rolled back unless settled.
public struct PinReservation: ~Copyable, Sendable {
  /// Base pages reserved.
  public let pages: UInt64
  private let ledger: PinLedger

  @inline(__always)
  init(_ pages: UInt64, of ledger: PinLedger) {
    self.pages = pages
    self.ledger = ledger
  }

  /// Turns the reservation into a charge, once the kernel has pinned.
  @inline(__always)
  public consuming func settle() -> PinCharge { settle(to: nil) }

  /// The same, as part of what a device context has of the ledger.
  @inline(__always)
  consuming func settle(to share: PinShare.Reference?) -> PinCharge {
    let (pages, ledger) = (pages, ledger)
    discard self
    ledger.settle(pages)
    share?.add(pages)
    return PinCharge(pages, of: ledger, share)
  }

  /// Gives the pages back, where the kernel has refused.
  public consuming func rollBack() {}

  @inline(__always)
  deinit {
    ledger.giveBack(pages)
    ledger.settle(pages)
  }
}
