import HostMemory
import MemoryRegistration
import RegistrationCache
import Verbs

/// What a policy does at the beginning and at the end of a use.
protocol ReplayTarget: ~Copyable {
  mutating func begin(_ slot: Int, _ range: AddressRange, _ access: AccessFlags) throws
  mutating func end(_ slot: Int) throws
  /// Lets everything go; what was done all in all.
  mutating func finish() -> CacheStatistics
}

/// Room for noncopyable values by number.
@safe
private struct Slots<Element: ~Copyable>: ~Copyable {
  private let storage: UnsafeMutablePointer<Element?>
  private let count: Int

  init(_ count: Int) {
    self.count = count
    unsafe storage = .allocate(capacity: count)
    for slot in 0..<count { unsafe (storage + slot).initialize(to: nil) }
  }

  func put(_ slot: Int, _ element: consuming Element) {
    unsafe storage[slot] = consume element
  }

  func take(_ slot: Int) -> Element? { unsafe storage[slot].take() }

  deinit {
    unsafe storage.deinitialize(count: count)
    unsafe storage.deallocate()
  }
}

/// Registers and deregisters.
struct DirectTarget: ReplayTarget, ~Copyable {
  private let strategy: any RegistrationStrategy
  private let slots: Slots<Registration>
  private var counts = CacheStatistics()

  init(_ strategy: any RegistrationStrategy, slots: Int) {
    self.strategy = strategy
    self.slots = Slots(slots)
  }

  mutating func begin(_ slot: Int, _ range: AddressRange, _ access: AccessFlags) throws {
    slots.put(slot, try strategy.register(range, access: access))
    counts.misses += 1
  }

  mutating func end(_ slot: Int) throws { try slots.take(slot)?.release() }

  mutating func finish() -> CacheStatistics { counts }
}

/// Asks a cache.
struct CacheTarget: ReplayTarget, ~Copyable {
  private let cache: RegistrationCache
  private let slots: Slots<CachedRegion>

  init(_ cache: RegistrationCache, slots: Int) {
    self.cache = cache
    self.slots = Slots(slots)
  }

  mutating func begin(_ slot: Int, _ range: AddressRange, _ access: AccessFlags) throws {
    slots.put(slot, try cache.get(range, access: access))
  }

  mutating func end(_ slot: Int) throws { slots.take(slot)?.put() }

  mutating func finish() -> CacheStatistics {
    let statistics = cache.statistics
    cache.purge()
    return statistics
  }
}

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
