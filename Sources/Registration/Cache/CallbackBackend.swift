import Glibc
package import HostMemory
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
    let code = unsafe acquire(
      context,
      range.start,
      range.length,
      access.rawValue,
      &fresh.handle,
      &fresh.lkey,
      &fresh.rkey
    )
    guard code == 0 else {
      throw RegistrationError(.register, kind, range, access, call: "acquire", code: code)
    }
    return fresh
  }

  func release(
    _ registration: DetachedRegistration,
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) {
    let code = unsafe end(context, registration.handle)
    guard code == 0 else {
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

/// A region lent to C: what it needs of the record, copied, and what gives it back.
@safe
package struct LentRegion {
  package let address: UInt64
  package let length: UInt64
  package let lkey: UInt32
  package let rkey: UInt32
  package let handle: UInt64
  let record: UnsafeMutablePointer<CacheRecord>
  let core: Unmanaged<CacheCore>

  @inline(__always)
  init(_ record: UnsafeMutablePointer<CacheRecord>, _ core: Unmanaged<CacheCore>) {
    unsafe address = record.start
    unsafe length = record.end - record.start
    unsafe lkey = record.pointee.lkey
    unsafe rkey = record.pointee.rkey
    unsafe handle = record.pointee.handle
    unsafe self.record = unsafe record
    unsafe self.core = unsafe core
  }

  /// Gives the region back, once.
  package static func put(_ region: UnsafePointer<LentRegion>) {
    unsafe CacheCore.put(region.pointee.record, region.pointee.core)
  }
}

extension RegistrationCache {
  /// As `get`, for C: fills in `result`, or returns the errno.
  package func lend(
    _ range: AddressRange,
    _ access: UInt32,
    to result: UnsafeMutablePointer<LentRegion>
  ) -> Int32 {
    if let record = unsafe core.takeFirst(range, access) {
      unsafe result.initialize(to: LentRegion(record, Unmanaged.passUnretained(core)))
      return 0
    }
    do {
      let region = try core.get(range, access)
      unsafe result.initialize(to: LentRegion(region.record, Unmanaged.passUnretained(core)))
      region.forget()
      return 0
    } catch {
      return error.code
    }
  }
}

extension CachedRegion {
  consuming func forget() { discard self }
}
