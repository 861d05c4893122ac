import HostMemory
import Synchronization
import Verbs

/// The account of what this process pins through memreg, in base pages, kept ahead of the kernel's.
///
/// A reservation is taken before the kernel is asked and is settled or rolled back after, so the ledger is
/// never below the kernel's `mm->pinned_vm` for the same registrations. Reserving takes no lock and
/// allocates nothing; only a request that does not fit reads /proc and may wait for undecided ones.
@safe
public struct PinLedger: Sendable {
  /// The ledger of this process, against its RLIMIT_MEMLOCK. A forked child owns none of the pins it shows.
  public static let process = PinLedger(reading: PinBudget.ofThisProcess)

  // Never freed, so that a charge needs no reference count: a process has one ledger and tests have few.
  nonisolated(unsafe) private let account: UnsafeMutablePointer<PinAccount>

  /// Makes a ledger that asks `budget` for the limit whenever a request does not fit; its memory is never freed.
  ///
  /// A request that would fit if undecided reservations failed waits for them, at most for `timeout`.
  public init(
    timeout: Duration = .seconds(2),
    reading budget: @escaping @Sendable () -> PinBudget
  ) {
    unsafe account = .allocate(capacity: 1)
    unsafe account.initialize(to: PinAccount(timeout: timeout, reading: budget))
    refresh()
  }

  /// Pages charged: settled and reserved together.
  public var chargedPages: UInt64 { unsafe account.pointee.chargedPages }

  /// Pages reserved of which the kernel has not decided.
  public var undecidedPages: UInt64 { unsafe account.pointee.undecided.load(ordering: .acquiring) }

  /// Pages that the kernel charges to this process and the ledger does not know: io_uring, vdpa, iommufd, other
  /// users of verbs. `nil` where other threads did not let the ledger stand still for a reading.
  public func residualPages() -> UInt64? { unsafe account.pointee.measure().foreignPages }

  /// Reads the limit and the kernel's account again, after `setrlimit` or when others in the process have pinned.
  public func refresh() { _ = unsafe account.pointee.refresh() }

  /// Reserves `pages`; throws what was asked and what there is where they do not fit.
  @inline(__always)
  public func reserve(_ pages: UInt64) throws(PinRefusal) -> PinReservation {
    if unsafe !account.pointee.take(pages) { try unsafe account.pointee.takeAtTheLimit(pages) }
    return PinReservation(pages, of: self)
  }

  /// Reserves `pages` whatever the limit, for a caller who wants the kernel's own verdict.
  public func force(_ pages: UInt64) -> PinReservation {
    unsafe account.pointee.takeAnyway(pages)
    return PinReservation(pages, of: self)
  }

  /// What `context` has of this ledger; written off when the context is disassociated.
  func share(of context: DeviceContext) -> PinShare.Reference? {
    let word = context.storage(for: key) {
      let share = PinShare.Reference(making: self)
      return (share.word, { share.writeOff() })
    }
    return PinShare.Reference(word: word)
  }

  private var key: UInt { unsafe UInt(bitPattern: account) }

  @inline(__always)
  func settle(_ pages: UInt64) { unsafe account.pointee.settle(pages) }

  @inline(__always)
  func giveBack(_ pages: UInt64) { unsafe account.pointee.giveBack(pages) }
}
