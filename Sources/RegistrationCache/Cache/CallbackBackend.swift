import Glibc
internal import HostMemory
import LinuxSystem
package import MemoryRegistration
internal import Verbs

/// Registers by functions of C, for middleware that brings its own.
@safe
package struct CallbackBackend: CacheBackend {
  /// Registers and fills in the handle and the keys; 0 or an errno.
  package typealias Acquire =
    @convention(c) (
      UnsafeMutableRawPointer?, UInt64, UInt64, UInt32, UnsafeMutablePointer<UInt64>?,
      UnsafeMutablePointer<UInt32>?, UnsafeMutablePointer<UInt32>?
    ) -> Int32
  /// Ends the registration of a handle; 0 or an errno.
  package typealias Release = @convention(c) (UnsafeMutableRawPointer?, UInt64) -> Int32

  package let kind = StrategyKind.verbs
  private let acquire: Acquire
  private let end: Release
  nonisolated(unsafe) private let context: UnsafeMutableRawPointer?

  package init(
    acquire: @escaping Acquire,
    release: @escaping Release,
    context: UnsafeMutableRawPointer?
  ) {
    unsafe self.acquire = acquire
    unsafe end = release
    unsafe self.context = unsafe context
  }

  func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> DetachedRegistration {
    var fresh = DetachedRegistration(handle: 0, lkey: 0, rkey: 0)
    let status = unsafe acquire(
      context,
      range.start,
      range.length,
      access.rawValue,
      &fresh.handle,
      &fresh.lkey,
      &fresh.rkey
    )
    if let code = Errno(status: status) {
      throw RegistrationError(.register, kind, range, access, call: "acquire", code: code)
    }
    return fresh
  }

  func release(
    _ registration: DetachedRegistration,
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) {
    let status = unsafe end(context, registration.handle)
    if let code = Errno(status: status) {
      throw RegistrationError(.release, kind, range, access, call: "release", code: code)
    }
  }
}

extension RegistrationCache {
  /// A cache of what functions of C register.
  package convenience init(
    calling backend: CallbackBackend,
    policy: CachePolicy
  ) throws(CacheError) {
    try self.init(backend: backend, policy: policy)
  }
}
