import HostMemory
import MemoryRegistration
import RegistrationCache
import Verbs

/// Registers and deregisters.
struct DirectTarget: ReplayTarget, ~Copyable {
  private let strategy: any RegistrationStrategy
  private let slots: ReplaySlots<Registration>
  private var counts = CacheStatistics()

  init(_ strategy: any RegistrationStrategy, slots: Int) {
    self.strategy = strategy
    self.slots = ReplaySlots(slots)
  }

  mutating func begin(_ slot: Int, _ range: AddressRange, _ access: AccessFlags) throws {
    slots.put(slot, try strategy.register(range, access: access))
    counts.misses += 1
  }

  mutating func end(_ slot: Int) throws { try slots.take(slot)?.release() }

  mutating func finish() -> CacheStatistics { counts }
}
