internal import Synchronization

/// The last events, from the one thread that reads them to whoever keeps account of mappings; never waits, never allocates.
@safe
struct ChangeLog: ~Copyable {
  struct Entry: ~Copyable {
    let start = Atomic<UInt64>(0)
    let end = Atomic<UInt64>(0)
  }

  static let capacity: UInt64 = 4096

  private let entries: UnsafeMutablePointer<Entry>
  private let written = Atomic<UInt64>(0)

  init() {
    unsafe entries = .allocate(capacity: Int(Self.capacity))
    for index in 0..<Int(Self.capacity) { unsafe (entries + index).initialize(to: Entry()) }
  }

  /// The number of events so far.
  var count: UInt64 { written.load(ordering: .acquiring) }

  /// Adds one; by the thread that reads events alone.
  func append(_ start: UInt64, _ end: UInt64) {
    let number = written.load(ordering: .relaxed)
    let entry = unsafe entries + Int(number % Self.capacity)
    unsafe entry.pointee.start.store(start, ordering: .relaxed)
    unsafe entry.pointee.end.store(end, ordering: .relaxed)
    written.store(number + 1, ordering: .releasing)
  }

  /// The event of that number; `nil` where it has been overwritten since.
  subscript(number: UInt64) -> (start: UInt64, end: UInt64)? {
    let entry = unsafe entries + Int(number % Self.capacity)
    let start = unsafe entry.pointee.start.load(ordering: .acquiring)
    let end = unsafe entry.pointee.end.load(ordering: .acquiring)
    // The writer is at most in the middle of the entry after the last one counted.
    return written.load(ordering: .relaxed) - number < Self.capacity - 1 ? (start, end) : nil
  }

  deinit { unsafe entries.deallocate() }
}
