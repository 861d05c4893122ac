/// What is done with a request for registered memory.
package enum ReplayPolicy: Hashable, Sendable {
  /// The memory is registered for each use and deregistered after it.
  case none
  /// A `RegistrationCache`, within limits where there are any.
  case cache(regions: Int?, bytes: UInt64?)
  /// As `none`, but on demand, so that nothing is pinned.
  case odp
  /// The data is copied through a buffer that stays registered.
  case copy
}
