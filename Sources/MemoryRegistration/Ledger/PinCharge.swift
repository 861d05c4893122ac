/// Pages that are pinned and in the ledger; given back by `giveBack()` or when it goes out of scope.
public struct PinCharge: ~Copyable, Sendable {
  /// Base pages charged.
  public let pages: UInt64
  private let ledger: PinLedger
  private let share: PinShare.Reference?

  /// A charge that ledger and share have already.
  @inline(__always)
  init(_ pages: UInt64, of ledger: PinLedger, _ share: PinShare.Reference?) {
    self.pages = pages
    self.ledger = ledger
    self.share = share
  }

  /// The charge that `transfer()` has left in ledger and share.
  @inline(__always)
  package init(transferred pages: UInt64, of ledger: PinLedger, _ share: PinShare.Reference?) {
    self.init(pages, of: ledger, share)
  }

  /// Takes the pages off the ledger, once the kernel has unpinned.
  @inline(__always)
  public consuming func giveBack() {}

  /// Leaves the pages in the ledger, where the kernel has refused to unpin; a removal of the device writes them off.
  public consuming func forfeit() { discard self }

  /// Leaves the pages in the ledger for the next owner of the pinned memory, who makes a charge of them by
  /// `init(transferred:of:_:)`.
  @inline(__always)
  package consuming func transfer() { discard self }

  @inline(__always)
  deinit {
    // What was written off with its device is no longer in the ledger.
    if let share, !share.subtract(pages) { return }
    ledger.giveBack(pages)
  }
}
