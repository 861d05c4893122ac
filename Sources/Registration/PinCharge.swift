/// Pages that are pinned and in the ledger; given back by `giveBack()` or when it goes out of scope.
public struct PinCharge: ~Copyable, Sendable {
  /// Base pages charged.
  public let pages: UInt64
  private let ledger: PinLedger

  @inline(__always)
  init(_ pages: UInt64, of ledger: PinLedger) {
    self.pages = pages
    self.ledger = ledger
  }

  /// Takes the pages off the ledger, once the kernel has unpinned.
  @inline(__always)
  public consuming func giveBack() {}

  /// Leaves the pages in the ledger for good, where the kernel has refused to unpin.
  public consuming func forfeit() { discard self }

  @inline(__always)
  deinit { ledger.giveBack(pages) }
}
