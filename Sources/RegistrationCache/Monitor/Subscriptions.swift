internal import HostMemory
internal import LinuxSystem
internal import Synchronization

/// The subscriptions of a monitor by range, and among them the gates; not thread-safe by itself.
@safe
struct Subscriptions: ~Copyable {
  struct Record: IntervalTreeElement, ~Copyable {
    var interval = IntervalNode()
    var observer: (any AddressSpaceObserver)?
    var gate: (any AddressSpaceGate)?
    var next = UInt32.max
    var isCancelled = false
  }

  static let limit = 1 << 16

  private var memory: ReservedMemory
  private let records: UnsafeMutablePointer<Record>
  private var tree: IntervalTree<Record>
  private var made = 0
  private var free = UInt32.max
  private var gates = UInt32.max
  private let cancelled = Atomic<Bool>(false)

  init() throws(SystemError) {
    memory = try ReservedMemory(capacity: Self.limit * MemoryLayout<Record>.stride)
    unsafe records = memory.base.assumingMemoryBound(to: Record.self)
    unsafe tree = IntervalTree(over: records)
  }

  /// Adds one; `nil` where there is no room.
  mutating func add(_ observer: any AddressSpaceObserver, _ range: AddressRange) -> UInt32? {
    guard let index = take() else { return nil }
    let end = range.start.addingReportingOverflow(range.length)
    unsafe records[Int(index)].interval
      .set(
        start: range.start,
        end: end.overflow ? .max : end.partialValue
      )
    unsafe records[Int(index)].observer = observer
    unsafe records[Int(index)].isCancelled = false
    tree.insert(index)
    if let gate = observer as? any AddressSpaceGate {
      unsafe records[Int(index)].gate = gate
      unsafe records[Int(index)].next = gates
      gates = index
    }
    return index
  }

  /// From inside a callback: no more calls, but the record and the observer stay until `sweep()`.
  func cancel(_ index: UInt32) {
    unsafe records[Int(index)].isCancelled = true
    cancelled.store(true, ordering: .relaxed)
  }

  /// Takes one out and hands its observer over, to be let go where freeing is allowed.
  mutating func remove(_ index: UInt32) -> (any AddressSpaceObserver)? {
    tree.remove(index)
    var link = gates
    if link == index {
      unsafe gates = records[Int(index)].next
    } else {
      while link != .max {
        let next = unsafe records[Int(link)].next
        if next == index { unsafe records[Int(link)].next = records[Int(index)].next }
        link = next
      }
    }
    unsafe records[Int(index)].gate = nil
    let observer = unsafe records[Int(index)].observer.take()
    unsafe records[Int(index)].next = free
    free = index
    return observer
  }

  /// Takes one out that was cancelled from inside a callback, with its observer.
  mutating func sweep() -> (any AddressSpaceObserver)? {
    guard cancelled.load(ordering: .relaxed) else { return nil }
    for index in 0..<made where unsafe records[index].isCancelled {
      unsafe records[index].isCancelled = false
      return remove(UInt32(index))
    }
    cancelled.store(false, ordering: .relaxed)
    return nil
  }

  func deliver(_ event: AddressSpaceEvent) {
    let records = unsafe records
    tree.overlapping(event.range.start, event.range.end) { index in
      if unsafe !records[Int(index)].isCancelled {
        unsafe records[Int(index)].observer?.changed(event)
      }
      return true
    }
  }

  func forEachGate(_ body: (any AddressSpaceGate) -> Void) {
    var index = gates
    while index != .max {
      if let gate = unsafe records[Int(index)].gate { body(gate) }
      unsafe index = records[Int(index)].next
    }
  }

  /// In a forked child: nobody is called again, and the observers stay for good.
  mutating func abandon() {
    gates = .max
    unsafe tree = IntervalTree(over: records)
    made = 0
    free = .max
  }

  private mutating func take() -> UInt32? {
    if free != .max {
      let index = free
      unsafe free = records[Int(index)].next
      return index
    }
    guard memory.grow(to: (made + 1) * MemoryLayout<Record>.stride) == nil else { return nil }
    unsafe (records + made).initialize(to: Record())
    made += 1
    return UInt32(made - 1)
  }
}
