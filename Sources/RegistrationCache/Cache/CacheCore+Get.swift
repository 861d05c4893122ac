internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import MemoryRegistration
internal import Synchronization
internal import Verbs

extension CacheCore {
  /// How often a registration is begun anew because the memory changed meanwhile.
  private static let attempts = 16

  /// Lends a region, by the short way or the long.
  @inline(__always)
  func get(_ range: AddressRange, _ access: UInt32) throws(CacheError) -> CachedRegion {
    let (start, end) = CacheFront.pages(range)
    if let record = unsafe CacheFront.take(front, start, end, access) {
      return unsafe CachedRegion(record, of: front)
    }
    return unsafe CachedRegion(try getSlowly(range, access), of: front)
  }

  /// A request that the index did not serve at first sight, with the user counted.
  @inline(never)
  func getSlowly(
    _ range: AddressRange,
    _ access: UInt32
  ) throws(CacheError) -> UnsafeMutablePointer<CacheRecord> {
    try unsafe uncancelled { () throws(CacheError) in
      let (start, end) = CacheFront.pages(range)
      guard start < end else {
        throw .registration(failure(range, access, "get", .EINVAL))
      }
      if let error = refusal { throw error }
      ThreadLoans.prepare(id, capacity: capacity)
      var changes = 0
      while true {
        guard settle() else { return try unsafe registerAlone(start, end, access) }
        if let error = refusal { throw error }
        if let record = unsafe search(start, end, access) { return unsafe record }
        switch try miss(start, end, access, isLast: changes >= Self.attempts) {
        case .registered(let number): return unsafe state.pointee.record(number)
        case .changed: changes += 1
        case .served: break
        }
      }
    }
  }

  func failure(_ range: AddressRange, _ access: UInt32, _ call: String, _ code: Errno)
    -> RegistrationError
  {
    let kind = backend?.kind ?? .verbs
    return RegistrationError(
      .register,
      kind,
      range,
      AccessFlags(rawValue: access),
      call: call,
      code: code
    )
  }

  /// Waits a little until no change of memory is under way that is not accounted for; false where it goes on.
  ///
  /// A change lasts as long as the thread that makes it takes, which may not run for a while. Who cannot wait registers
  /// what is there now, and does not keep it.
  private func settle() -> Bool {
    for turn in 0..<Self.turnsToSettle {
      let state = isStrict ? monitor.state : CLINUX_USERFAULT_QUIET
      if state == CLINUX_USERFAULT_LOST {
        if !isOfForkedParent { monitor.lose() }
        return true
      }
      let shown = unsafe front.pointee.state.pointee.load(ordering: .acquiring)
      if state == CLINUX_USERFAULT_QUIET, shown != ProcessPage.State.invalidating.rawValue {
        return true
      }
      if turn >= Self.turnsToSpin { sched_yield() }
    }
    return false
  }

  private static var turnsToSettle: Int { 40 }
  private static var turnsToSpin: Int { 8 }

  /// A region of any plane of the index that serves; without the lock.
  private func search(
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32
  ) -> UnsafeMutablePointer<CacheRecord>? {
    let state = unsafe state
    for plane in 0..<(unsafe state.pointee.index.planeCount) {
      let number = unsafe state.pointee.index.find(start, plane: plane)
      if number != 0, let record = unsafe take(number, start, end, access) { return unsafe record }
    }
    return nil
  }

  /// The record with one more user, if it serves; without the lock or with it.
  private func take(
    _ number: UInt32,
    _ start: UInt64,
    _ end: UInt64,
    _ access: UInt32
  ) -> UnsafeMutablePointer<CacheRecord>? {
    let record = unsafe state.pointee.record(number)
    guard unsafe record.isValid, unsafe record.serves(start, end, access) else { return nil }
    if let counters = unsafe ThreadLoans.counters(of: id) {
      return unsafe CacheFront.take(Int(number), front, counters, start, end, access)
    }
    // A thread without memory for counters of its own.
    unsafe record.pointee.strays.add(1, ordering: .sequentiallyConsistent)
    guard unsafe record.isValid, unsafe record.serves(start, end, access) else {
      unsafe CacheFront.put(record, front)
      return nil
    }
    return unsafe record
  }

  /// Counts the calling thread among the users of a record that nobody else knows of.
  func addFirstUser(_ number: UInt32) {
    if let counters = unsafe ThreadLoans.counters(of: id) {
      unsafe ThreadLoans.add(1, to: Int(number), counters)
    } else {
      unsafe state.pointee.record(number).pointee.strays.add(1, ordering: .sequentiallyConsistent)
    }
  }
}
