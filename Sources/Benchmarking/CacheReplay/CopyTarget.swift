import HostMemory
import MemoryRegistration
import RegistrationCache
import Verbs

/// Copies the data.
struct CopyTarget: ReplayTarget, ~Copyable {
  private let staging: StagingCopy

  init(_ strategy: any RegistrationStrategy) throws {
    staging = try StagingCopy(by: strategy, access: .localWrite)
  }

  mutating func begin(_ slot: Int, _ range: AddressRange, _ access: AccessFlags) throws {
    // The arena is mapped and populated for as long as the replay lasts.
    unsafe staging.copy(range)
  }

  mutating func end(_ slot: Int) throws {}

  mutating func finish() -> CacheStatistics { CacheStatistics() }
}
