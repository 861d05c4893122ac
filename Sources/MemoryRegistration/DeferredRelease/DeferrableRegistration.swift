/// A registration that may be released later by a worker; releases at once when it goes out of scope.
@safe
public struct DeferrableRegistration: ~Copyable, Sendable {
  nonisolated(unsafe) private var record: UnsafeMutablePointer<ReleaseRecord>?
  private let queue: DeferredRelease

  init(_ record: UnsafeMutablePointer<ReleaseRecord>, queue: DeferredRelease) {
    unsafe self.record = unsafe record
    self.queue = queue
  }

  /// Asks the worker for the release: one atomic push, no allocation, no lock, no wait.
  @inline(__always)
  public consuming func releaseLater() {
    guard let record = unsafe record.take() else { return }
    unsafe queue.push(record)
  }

  /// Ends the registration before this returns; throws as `Registration.release()` does.
  public consuming func releaseNow() throws(RegistrationError) {
    guard let record = unsafe record.take() else { return }
    try unsafe ReleaseRecord.release(record)
  }

  deinit {
    guard let record = unsafe record else { return }
    unsafe ReleaseRecord.drop(record)
  }
}
