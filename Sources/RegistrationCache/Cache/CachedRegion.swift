public import HostMemory
internal import Synchronization
public import Verbs

/// A region that a cache lent out; given back once, by `put()` or when it goes out of scope.
///
/// It stays registered until then, whatever happens to the cache or to the memory. Two words, without a reference count.
@safe
public struct CachedRegion: ~Copyable, Sendable {
  nonisolated(unsafe) let record: UnsafeMutablePointer<CacheRecord>
  nonisolated(unsafe) let front: UnsafeMutablePointer<CacheFront>

  @inline(__always)
  init(_ record: UnsafeMutablePointer<CacheRecord>, of front: UnsafeMutablePointer<CacheFront>) {
    unsafe self.record = unsafe record
    unsafe self.front = unsafe front
  }

  /// What is registered: whole pages, at least those asked for.
  public var range: AddressRange {
    unsafe AddressRange(start: record.start, length: record.end - record.start)
  }

  /// What a device may do with it: at least what was asked for.
  public var access: AccessFlags { unsafe AccessFlags(rawValue: record.access) }

  /// The key for local work requests; 0 where the strategy has none.
  public var lkey: UInt32 { unsafe record.pointee.lkey }

  /// The key for a peer; 0 where the strategy has none.
  public var rkey: UInt32 { unsafe record.pointee.rkey }

  /// What the strategy ends the registration by.
  package var handle: UInt64 { unsafe record.pointee.handle }

  /// Whether the region can still be handed out: false once its memory has changed or it was evicted.
  public var isValid: Bool { unsafe record.isValid }

  /// Gives the region back; where it is no longer valid and this is its last user, it is deregistered before this returns.
  public consuming func put() {}

  @inline(__always)
  deinit { unsafe CacheFront.put(record, front) }
}
