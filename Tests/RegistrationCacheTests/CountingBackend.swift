import Glibc
import HostMemory
import LinuxSystem
import Synchronization
import Verbs

@testable import MemoryRegistration
@testable import RegistrationCache

/// Registers by counting, for what concerns the cache's structure alone; every handle is of one live registration.
final class CountingBackend: CacheBackend {
  struct State {
    var live: [UInt64: AddressRange] = [:]
    var next: UInt64 = 1
    var registered = 0
    var bytes: UInt64 = 0
    var bytesAllowed = UInt64.max
    var refuses: (@Sendable (AddressRange, AccessFlags) -> Errno?)?
    var doubleReleases = 0
  }

  let state = Mutex(State())
  var kind: StrategyKind { .verbs }

  var liveCount: Int { state.withLock { $0.live.count } }
  var liveBytes: UInt64 { state.withLock { $0.bytes } }
  var registeredCount: Int { state.withLock { $0.registered } }

  func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> DetachedRegistration {
    let refuses = state.withLock { $0.refuses }
    let code = refuses?(range, access) ?? nil
    let handle = state.withLock { state -> UInt64 in
      guard code == nil, state.bytes + range.length <= state.bytesAllowed else { return 0 }
      state.next += 1
      state.live[state.next] = range
      state.registered += 1
      state.bytes += range.length
      return state.next
    }
    guard handle > 0 else {
      throw RegistrationError(
        .register,
        .verbs,
        range,
        access,
        call: "count",
        code: code ?? .ENOMEM
      )
    }
    return DetachedRegistration(handle: handle, lkey: UInt32(handle), rkey: UInt32(handle) + 1)
  }

  func release(
    _ registration: DetachedRegistration,
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) {
    state.withLock {
      if $0.live.removeValue(forKey: registration.handle) != range { $0.doubleReleases += 1 }
      $0.bytes -= range.length
    }
  }
}

extension RegistrationCache {
  /// A cache of counted registrations that nobody watches.
  static func counting(
    _ policy: CachePolicy = CachePolicy(isUnmonitored: true)
  ) throws -> (cache: RegistrationCache, backend: CountingBackend) {
    let backend = CountingBackend()
    return (try RegistrationCache(backend: backend, policy: policy), backend)
  }
}

extension AddressRange {
  static func pages(_ first: UInt64, _ count: UInt64) -> AddressRange {
    AddressRange(start: (1 << 40) + first * 4096, length: count * 4096)
  }
}
