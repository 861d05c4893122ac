package import MemoryRegistration

/// Registrations that were to exist beside the measured ones could not all be made.
package struct ResidentsFailure: Error {
  package let wanted: Int
  package let registered: Int
  package let error: RegistrationError
}
