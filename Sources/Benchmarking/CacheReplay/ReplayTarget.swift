import HostMemory
import RegistrationCache
import Verbs

/// What a policy does at the beginning and at the end of a use.
protocol ReplayTarget: ~Copyable {
  mutating func begin(_ slot: Int, _ range: AddressRange, _ access: AccessFlags) throws
  mutating func end(_ slot: Int) throws
  /// Lets everything go; what was done all in all.
  mutating func finish() throws -> CacheStatistics
}
