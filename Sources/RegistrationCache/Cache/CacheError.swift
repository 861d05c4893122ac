import Glibc
public import LinuxSystem
public import MemoryRegistration

/// Why a cache has no region to give.
public enum CacheError: Error, Equatable, Sendable {
  /// Registering failed, also after everything idle was evicted where memory or the limit was short.
  case registration(RegistrationError)
  /// The address space is not watched, so that nothing cached could be trusted.
  case unmonitored(MonitorError)
  /// The cache was made before `fork(2)` in the parent: its regions are not this process's.
  case ofForkedParent
  /// The cache's own memory or thread is unavailable.
  case system(SystemError)
}

extension CacheError: CustomStringConvertible {
  /// One line, as the error behind it says it.
  public var description: String {
    switch self {
    case .registration(let error): error.description
    case .unmonitored(let error): error.description
    case .ofForkedParent:
      "cannot use a registration cache in a forked child: its regions belong to the parent; make a new one"
    case .system(let error): error.description
    }
  }
}

extension CacheError {
  /// The errno that says most: ECHILD for a parent's cache.
  public var code: Errno {
    switch self {
    case .registration(let error): error.code
    case .system(let error): error.code
    case .ofForkedParent: .ECHILD
    case .unmonitored(.unavailable(let code)), .unmonitored(.thread(let code)),
      .unmonitored(.refused(let code)), .unmonitored(.unhooked(let code)):
      code
    case .unmonitored(.lost): .EBADF
    case .unmonitored(.wouldDeadlock): .EDEADLK
    }
  }
}
