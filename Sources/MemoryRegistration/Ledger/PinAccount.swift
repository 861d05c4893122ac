import LinuxSystem
import Synchronization

/// The words of a ledger and what is done to them.
struct PinAccount: ~Copyable {
  // Charged pages in the low 48 bits and above them a stamp that every change moves: a reader of several words
  // can tell whether this one stood still meanwhile.
  private let charged = Atomic<UInt64>(0)
  let undecided = Atomic<UInt64>(0)
  private let ceiling = Atomic<UInt64>(.max)
  private let foreign = Atomic<UInt64>(0)
  private let timeout: Duration
  private let budget: @Sendable () -> PinBudget

  init(timeout: Duration, reading budget: @escaping @Sendable () -> PinBudget) {
    self.timeout = timeout
    self.budget = budget
  }

  var chargedPages: UInt64 { PinAccount.pages(charged.load(ordering: .acquiring)) }

  @inline(__always)
  func take(_ pages: UInt64) -> Bool {
    let ceiling = ceiling.load(ordering: .relaxed)
    // Before the charge: whoever finds the charge must also find that it is undecided.
    undecided.wrappingAdd(pages, ordering: .acquiringAndReleasing)
    var before = charged.load(ordering: .relaxed)
    while pages <= ceiling, PinAccount.pages(before) <= ceiling &- pages {
      let (done, now) = charged.weakCompareExchange(
        expected: before,
        desired: before &+ PinAccount.stamp &+ pages,
        ordering: .acquiringAndReleasing
      )
      if done { return true }
      before = now
    }
    undecided.wrappingSubtract(pages, ordering: .acquiringAndReleasing)
    return false
  }

  func takeAnyway(_ pages: UInt64) {
    undecided.wrappingAdd(pages, ordering: .acquiringAndReleasing)
    charged.wrappingAdd(PinAccount.stamp &+ pages, ordering: .acquiringAndReleasing)
  }

  @inline(__always)
  func settle(_ pages: UInt64) {
    undecided.wrappingSubtract(pages, ordering: .acquiringAndReleasing)
  }

  @inline(__always)
  func giveBack(_ pages: UInt64) {
    charged.wrappingAdd(PinAccount.stamp &- pages, ordering: .acquiringAndReleasing)
  }

  @inline(never)
  func takeAtTheLimit(_ pages: UInt64) throws(PinRefusal) {
    let deadline = ContinuousClock.now + timeout
    var pause = 1000
    while true {
      let budget = refresh()
      if pages == 0 || take(pages) { return }
      let (settled, ceiling) = (settledPages, ceiling.load(ordering: .relaxed))
      // Settled pages leave no room, or may soon: what others have reserved can still be refused them.
      let isHopeless = pages > ceiling || settled.map { $0 > ceiling - pages } ?? false
      if isHopeless || ContinuousClock.now > deadline {
        throw PinRefusal(
          askedPages: pages,
          chargedPages: chargedPages,
          undecidedPages: undecided.load(ordering: .acquiring),
          foreignPages: foreign.load(ordering: .relaxed),
          limitBytes: budget.softBytes ?? .max
        )
      }
      Pause.sleep(nanoseconds: pause)
      pause = min(pause * 2, 1_000_000)
    }
  }

  // Charged without undecided, both at one moment; `nil` where they did not stand still for it.
  private var settledPages: UInt64? {
    for _ in 0..<64 {
      let before = charged.load(ordering: .acquiring)
      let open = undecided.load(ordering: .acquiring)
      guard charged.load(ordering: .acquiring) == before else { continue }
      let pages = PinAccount.pages(before)
      return pages - min(pages, open)
    }
    return nil
  }

  func measure() -> (budget: PinBudget, foreignPages: UInt64?) {
    let before = charged.load(ordering: .acquiring)
    let budget = budget()
    guard charged.load(ordering: .acquiring) == before else { return (budget, nil) }
    let own = PinAccount.pages(before)
    return (budget, budget.pinnedPages - min(budget.pinnedPages, own))
  }

  func refresh() -> PinBudget {
    let (budget, others) = measure()
    if let others { foreign.store(others, ordering: .relaxed) }
    let limit = budget.limitPages ?? PinAccount.mask
    ceiling.store(limit - min(limit, foreign.load(ordering: .relaxed)), ordering: .relaxed)
    return budget
  }

  private static let stamp: UInt64 = 1 << 48
  private static let mask: UInt64 = 1 << 48 - 1

  @inline(__always)
  private static func pages(_ word: UInt64) -> UInt64 { word & mask }
}
