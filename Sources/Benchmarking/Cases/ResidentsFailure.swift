package import LinuxSystem

/// Registrations that were to exist beside the measured ones could not all be made.
package struct ResidentsFailure: Error {
  package let wanted: Int
  package let registered: Int
  package let code: Errno
  /// What was found out about it while the others were still registered.
  package let reason: String
}
