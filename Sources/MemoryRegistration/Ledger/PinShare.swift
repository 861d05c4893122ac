import Synchronization
import Verbs

/// What one device context has of a ledger: written off at one stroke when the device goes, and exactly once.
package struct PinShare: ~Copyable {
  // Pages in the low 63 bits; the top one says that they are written off, so that no charge is given back twice.
  private let word = Atomic<UInt64>(0)
  private let ledger: PinLedger

  private static let gone: UInt64 = 1 << 63

  /// A share by its address, which a charge can keep without counting references.
  @safe
  package struct Reference: Sendable {
    // Never freed, as the ledger's account: two words for each time that a device is opened.
    nonisolated(unsafe) private let share: UnsafeMutablePointer<PinShare>

    init(making ledger: PinLedger) {
      unsafe share = .allocate(capacity: 1)
      unsafe share.initialize(to: PinShare(ledger: ledger))
    }

    init?(word: UInt) {
      guard let known = unsafe UnsafeMutablePointer<PinShare>(bitPattern: word) else { return nil }
      unsafe share = known
    }

    var word: UInt { unsafe UInt(bitPattern: share) }

    /// Counts pages; those of a device that is gone are given back to the ledger at once.
    @inline(__always)
    func add(_ pages: UInt64) { unsafe share.pointee.add(pages) }

    /// Whether the pages are still the caller's to give back.
    @inline(__always)
    func subtract(_ pages: UInt64) -> Bool { unsafe share.pointee.subtract(pages) }

    /// Gives all pages back to the ledger, once the kernel has unpinned them.
    func writeOff() { unsafe share.pointee.writeOff() }
  }

  private init(ledger: PinLedger) { self.ledger = ledger }

  @inline(__always)
  private func add(_ pages: UInt64) {
    let before = word.wrappingAdd(pages, ordering: .acquiringAndReleasing).oldValue
    if before & PinShare.gone != 0 { ledger.giveBack(pages) }
  }

  @inline(__always)
  private func subtract(_ pages: UInt64) -> Bool {
    let before = word.wrappingSubtract(pages, ordering: .acquiringAndReleasing).oldValue
    return before & PinShare.gone == 0
  }

  private func writeOff() {
    let before = word.bitwiseOr(PinShare.gone, ordering: .acquiringAndReleasing).oldValue
    if before & PinShare.gone == 0 { ledger.giveBack(before) }
  }
}
