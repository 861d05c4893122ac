package import HostMemory
package import Verbs

/// A registration trace as it is replayed: who uses which memory when.
package struct Trace {
  /// One event; periods of use, from `register` to `deregister`, have a slot while they last.
  package enum Step {
    case begin(slot: Int, AddressRange, AccessFlags)
    case end(slot: Int)
    case unmap(AddressRange)
  }

  package private(set) var steps: [Step] = []
  /// Periods of use.
  package private(set) var uses = 0
  /// The most of them at a time.
  package private(set) var slots = 0
  /// Recorded events that are not replayed: failed, of dma-bufs, or of regions made before the recording.
  package private(set) var skipped = 0
  private var free: [Int] = []

  package init() {}

  /// Begins a period of use and gives its slot.
  package mutating func begin(_ range: AddressRange, _ access: AccessFlags) -> Int {
    let slot = free.popLast() ?? slots
    slots = max(slots, slot + 1)
    uses += 1
    steps.append(.begin(slot: slot, range, access))
    return slot
  }

  /// Ends the use in `slot`.
  package mutating func end(_ slot: Int) {
    steps.append(.end(slot: slot))
    free.append(slot)
  }

  /// Gives `range` back to the kernel.
  package mutating func unmap(_ range: AddressRange) { steps.append(.unmap(range)) }

  /// Notes an event that is not replayed.
  package mutating func skip() { skipped += 1 }
}
