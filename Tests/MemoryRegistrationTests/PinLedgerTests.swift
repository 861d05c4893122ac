import Dispatch
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Synchronization
import Testing

@Suite struct `A pin ledger` {
  private func ledger(limitPages: UInt64, foreign: UInt64 = 0) -> PinLedger {
    PinLedger(timeout: .milliseconds(200)) {
      PinBudget(softBytes: limitPages * 4096, pinnedPages: foreign)
    }
  }

  @Test func `grants exactly the limit and refuses one page more, with the numbers`() throws {
    let ledger = ledger(limitPages: 8)
    let charge = try ledger.reserve(6).settle()
    let refusal = #expect(throws: PinRefusal.self) { try ledger.reserve(3).rollBack() }
    #expect(refusal?.askedBytes == 12288 && refusal?.chargedPages == 6)
    #expect(refusal?.limitPages == 8 && refusal?.headroomPages == 2)
    #expect(refusal?.headroomBytes == 8192 && refusal?.code == .ENOMEM)
    let rest = try ledger.reserve(2).settle()
    #expect(ledger.chargedPages == 8)
    rest.giveBack()
    charge.giveBack()
    #expect((ledger.chargedPages, ledger.undecidedPages) == (0, 0))
  }

  @Test func `refuses all pages that there are, in bytes as far as a word holds them`() {
    let ledger = ledger(limitPages: 8)
    let refusal = #expect(throws: PinRefusal.self) { try ledger.reserve(1 << 52).rollBack() }
    #expect(refusal?.askedPages == 1 << 52 && refusal?.askedBytes == .max)
    #expect(ledger.chargedPages == 0 && ledger.undecidedPages == 0)
  }

  @Test func `refuses with EPERM under a limit of zero and ENOMEM under less than a page`() {
    let none = ledger(limitPages: 0)
    let zero = #expect(throws: PinRefusal.self) { try none.reserve(1).rollBack() }
    #expect(zero?.code == .EPERM)
    let little = PinLedger(timeout: .zero) { PinBudget(softBytes: 100) }
    let small = #expect(throws: PinRefusal.self) { try little.reserve(1).rollBack() }
    #expect(small?.code == .ENOMEM && small?.limitPages == 0)
  }

  @Test func `has no limit where the capability lifts it`() throws {
    let ledger = PinLedger { PinBudget(softBytes: 0, isPrivileged: true) }
    let charge = try ledger.reserve(1 << 40).settle()
    #expect(charge.pages == 1 << 40)
  }

  @Test func `gives pages back when a reservation or a charge leaves its scope`() throws {
    let ledger = ledger(limitPages: 8)
    do {
      let reservation = try ledger.reserve(5)
      #expect(ledger.undecidedPages == 5 && reservation.pages == 5)
    }
    #expect((ledger.chargedPages, ledger.undecidedPages) == (0, 0))
    do { _ = try ledger.reserve(8).settle() }
    #expect(ledger.chargedPages == 0)
  }

  @Test func `keeps what the kernel would not unpin`() throws {
    let ledger = ledger(limitPages: 8)
    try ledger.reserve(3).settle().forfeit()
    #expect(ledger.chargedPages == 3)
  }

  @Test func `keeps what is transferred until the next owner gives it back`() throws {
    let ledger = ledger(limitPages: 8)
    try ledger.reserve(3).settle().transfer()
    #expect((ledger.chargedPages, ledger.undecidedPages) == (3, 0))
    let refusal = #expect(throws: PinRefusal.self) { try ledger.reserve(6).rollBack() }
    #expect(refusal?.chargedPages == 3 && refusal?.foreignPages == 0)
    PinCharge(transferred: 3, of: ledger, nil).giveBack()
    #expect(ledger.chargedPages == 0)
  }

  @Test func `counts what others have pinned against the limit and names it`() throws {
    let ledger = ledger(limitPages: 8, foreign: 5)
    #expect(ledger.residualPages() == 5)
    let refusal = #expect(throws: PinRefusal.self) { try ledger.reserve(4).rollBack() }
    #expect(refusal?.foreignPages == 5 && refusal?.headroomPages == 3)
  }

  @Test func `notices a limit that was raised when a request does not fit`() throws {
    let soft = Atomic<UInt64>(4096)
    let ledger = PinLedger { PinBudget(softBytes: soft.load(ordering: .relaxed)) }
    soft.store(8192, ordering: .relaxed)
    #expect(try ledger.reserve(2).settle().pages == 2)
  }

  @Test func `forces a reservation past the limit and still accounts for it`() {
    let ledger = ledger(limitPages: 1)
    let charge = ledger.force(4).settle()
    #expect(ledger.chargedPages == 4)
    charge.giveBack()
    #expect(ledger.chargedPages == 0)
  }

  @Test func `never passes the limit when threads compete at its edge`() {
    let ledger = ledger(limitPages: 16)
    let highest = Atomic<UInt64>(0)
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      var random = UInt64(thread + 1)
      for _ in 0..<5000 {
        random = random &* 6_364_136_223_846_793_005 &+ 1
        do {
          let charge = try ledger.reserve(1 + random >> 61).settle()
          _ = highest.max(ledger.chargedPages, ordering: .relaxed)
          charge.giveBack()
        } catch {}
      }
    }
    #expect(highest.load(ordering: .relaxed) <= 16)
    #expect(highest.load(ordering: .relaxed) > 0)
    #expect((ledger.chargedPages, ledger.undecidedPages) == (0, 0))
  }

  @Test(arguments: 0..<20)
  func `lets the second of two in where the kernel refuses the first`(round: Int) throws {
    let ledger = PinLedger(timeout: .seconds(30)) { PinBudget(softBytes: 8 * 4096) }
    var first: PinReservation? = try ledger.reserve(5)
    let second = Mutex<Result<UInt64, PinRefusal>?>(nil)
    let group = DispatchGroup()
    DispatchQueue.global()
      .async(group: group) {
        let outcome: Result<UInt64, PinRefusal>
        do throws(PinRefusal) { outcome = .success(try ledger.reserve(5).settle().pages) } catch {
          outcome = .failure(error)
        }
        second.withLock { $0 = outcome }
      }
    usleep(UInt32(round * 100))
    #expect(second.withLock { $0 } == nil)
    first.take()?.rollBack()
    group.wait()
    #expect(second.withLock { $0 } == .success(5))
  }

  @Test func `refuses the second of two once the first is settled`() throws {
    let ledger = PinLedger(timeout: .seconds(30)) { PinBudget(softBytes: 8 * 4096) }
    let first = try ledger.reserve(5)
    let second = Mutex<PinRefusal?>(nil)
    let group = DispatchGroup()
    DispatchQueue.global()
      .async(group: group) {
        do throws(PinRefusal) { try ledger.reserve(5).rollBack() } catch {
          second.withLock { $0 = error }
        }
      }
    usleep(1000)
    let charge = first.settle()
    group.wait()
    #expect(second.withLock { $0 }?.chargedPages == 5)
    charge.giveBack()
  }

  @Test func `gives up with the undecided pages named when its timeout is over`() throws {
    let ledger = ledger(limitPages: 8)
    let first = try ledger.reserve(5)
    let refusal = #expect(throws: PinRefusal.self) { try ledger.reserve(5).rollBack() }
    #expect(refusal?.undecidedPages == 5)
    first.rollBack()
  }
}
