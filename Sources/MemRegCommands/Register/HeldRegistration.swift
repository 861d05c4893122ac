import MemoryRegistration

/// A registration in an array, which noncopyable values cannot enter by themselves.
final class HeldRegistration {
  private var registration: Registration?

  init(_ registration: consuming Registration) {
    self.registration = consume registration
  }

  /// Releases the registration; the second call does nothing.
  func release() throws(RegistrationError) {
    guard let registration = registration.take() else { return }
    try registration.release()
  }
}
