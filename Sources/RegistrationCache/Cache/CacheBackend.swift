public import HostMemory
public import MemoryRegistration
public import Verbs

/// A registration reduced to what a cache's record has room for.
struct DetachedRegistration: Sendable {
  /// What the strategy needs to end the registration.
  var handle: UInt64
  var lkey: UInt32
  var rkey: UInt32
}

/// What registers for a cache.
protocol CacheBackend: Sendable {
  var kind: StrategyKind { get }

  func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> DetachedRegistration

  func release(
    _ registration: DetachedRegistration,
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError)
}

/// A strategy whose registrations can be put down as one word and taken up again.
public protocol CacheableStrategy: RegistrationStrategy {
  /// Takes up what `Registration.detach()` put down.
  func adopt(_ handle: UInt64, _ range: AddressRange, access: AccessFlags) -> Registration
}

struct StrategyBackend<Strategy: CacheableStrategy>: CacheBackend {
  let strategy: Strategy

  var kind: StrategyKind { strategy.kind }

  func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> DetachedRegistration {
    let registration = try strategy.register(range, access: access)
    let keys = (registration.lkey ?? 0, registration.rkey ?? 0)
    return DetachedRegistration(handle: registration.detach(), lkey: keys.0, rkey: keys.1)
  }

  func release(
    _ registration: DetachedRegistration,
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) {
    try strategy.adopt(registration.handle, range, access: access).release()
  }
}
