import Glibc

/// The record of one registration and the list node inside it; or, without a registration, a mark that wakes a waiter.
@safe
struct ReleaseRecord: ~Copyable {
  nonisolated(unsafe) var next: UnsafeMutablePointer<ReleaseRecord>?
  nonisolated(unsafe) let arrival: UnsafeMutablePointer<sem_t>?
  private var registration: Registration?

  private init(_ registration: consuming Registration) {
    unsafe next = nil
    unsafe arrival = nil
    self.registration = consume registration
  }

  init(waking arrival: UnsafeMutablePointer<sem_t>) {
    unsafe next = nil
    unsafe self.arrival = unsafe arrival
    registration = nil
  }

  static func make(
    _ registration: consuming Registration
  ) -> UnsafeMutablePointer<ReleaseRecord> {
    let record = UnsafeMutablePointer<ReleaseRecord>.allocate(capacity: 1)
    unsafe record.initialize(to: ReleaseRecord(registration))
    return unsafe record
  }

  static func release(
    _ record: UnsafeMutablePointer<ReleaseRecord>
  ) throws(RegistrationError) {
    let registration = unsafe record.pointee.registration.take()
    unsafe drop(record)
    try registration?.release()
  }

  static func drop(_ record: UnsafeMutablePointer<ReleaseRecord>) {
    unsafe record.deinitialize(count: 1)
    unsafe record.deallocate()
  }
}
