/// A registration in an array, which noncopyable values cannot enter by themselves.
package final class HeldRegistration {
  private var registration: Registration?

  /// Holds `registration` until `release()`, or until this object goes.
  package init(_ registration: consuming Registration) {
    self.registration = consume registration
  }

  /// Releases the registration; the second call does nothing.
  package func release() throws(RegistrationError) {
    guard let registration = registration.take() else { return }
    try registration.release()
  }
}
