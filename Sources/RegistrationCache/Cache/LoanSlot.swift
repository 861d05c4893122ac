internal import CLinux
import Glibc
internal import Synchronization

/// One loan to C: a region that is given back twice, by whichever copy, is told by the slot's number of uses.
@safe
struct LoanSlot: ~Copyable {
  var record: UnsafeMutablePointer<CacheRecord>?
  var front: UnsafeMutablePointer<CacheFront>?
  var next: UnsafeMutablePointer<LoanSlot>?
  let generation = Atomic<UInt32>(1)

  /// Slots come in aligned blocks, which begin with whose they are.
  static let blockBytes = 1 << 16
  private static let headerBytes = 64

  /// The first of a block of fresh slots, which are `loans`' for good; `nil` where there is no memory.
  private static func block(
    of loans: UnsafeMutablePointer<ThreadLoans>
  ) -> UnsafeMutablePointer<LoanSlot>? {
    guard let memory = unsafe ThreadLoans.mapped(2 * blockBytes) else { return nil }
    let base = UInt(bitPattern: memory)
    let start = (base + UInt(blockBytes) - 1) & ~(UInt(blockBytes) - 1)
    let before = Int(start - base)
    let block = unsafe memory + before
    if before > 0 { unsafe _ = munmap(memory, before) }
    unsafe _ = munmap(block + blockBytes, blockBytes - before)
    unsafe block.bindMemory(to: UnsafeMutablePointer<ThreadLoans>.self, capacity: 1)
      .initialize(to: loans)
    let count = (blockBytes - headerBytes) / MemoryLayout<LoanSlot>.stride
    let slots = unsafe (block + headerBytes).bindMemory(to: LoanSlot.self, capacity: count)
    for index in 0..<count {
      unsafe (slots + index).initialize(to: LoanSlot())
      if index + 1 < count { unsafe slots[index].next = slots + index + 1 }
    }
    return unsafe slots
  }

  /// Finds slots for a thread that has no free one: those that others gave back, else new ones.
  @inline(never)
  static func refill(_ loans: UnsafeMutablePointer<ThreadLoans>) -> Bool {
    let returned = unsafe loans.pointee.returned.exchange(0, ordering: .acquiring)
    unsafe loans.pointee.free =
      unsafe UnsafeMutablePointer(bitPattern: returned) ?? block(of: loans)
    return unsafe loans.pointee.free != nil
  }

  /// Whose a slot is.
  @inline(__always)
  static func owner(
    of slot: UnsafeMutablePointer<LoanSlot>
  ) -> UnsafeMutablePointer<ThreadLoans>? {
    let block = UInt(bitPattern: slot) & ~(UInt(blockBytes) - 1)
    return unsafe UnsafePointer<UnsafeMutablePointer<ThreadLoans>>(bitPattern: block)?.pointee
  }

  /// Gives a slot of another thread back to it.
  @inline(never)
  static func giveBack(
    _ slot: UnsafeMutablePointer<LoanSlot>,
    to loans: UnsafeMutablePointer<ThreadLoans>
  ) {
    var before = unsafe loans.pointee.returned.load(ordering: .relaxed)
    while true {
      unsafe slot.pointee.next = unsafe UnsafeMutablePointer(bitPattern: before)
      let exchange = unsafe loans.pointee.returned.compareExchange(
        expected: before,
        desired: UInt(bitPattern: slot),
        ordering: .releasing
      )
      if exchange.exchanged { return }
      before = exchange.original
    }
  }
}
