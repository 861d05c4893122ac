import HostMemory
import RegistrationCache
import Verbs

/// Asks a cache.
struct CacheTarget: ReplayTarget, ~Copyable {
  private let cache: RegistrationCache
  private let slots: ReplaySlots<CachedRegion>

  init(_ cache: RegistrationCache, slots: Int) {
    self.cache = cache
    self.slots = ReplaySlots(slots)
  }

  mutating func begin(_ slot: Int, _ range: AddressRange, _ access: AccessFlags) throws {
    slots.put(slot, try cache.get(range, access: access))
  }

  mutating func end(_ slot: Int) throws { slots.take(slot)?.put() }

  mutating func finish() throws -> CacheStatistics {
    let statistics = cache.statistics
    try cache.purge()
    return statistics
  }
}
