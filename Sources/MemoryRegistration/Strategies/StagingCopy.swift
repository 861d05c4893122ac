import Glibc
public import HostMemory
import LinuxSystem
public import Verbs

/// The alternative to registering: data is copied, chunk by chunk, through a buffer that is registered once.
public struct StagingCopy: ~Copyable, Sendable {
  /// Bytes of the staging buffer, the most that one copy moves before the device would take over.
  public static let chunkBytes: UInt64 = 1 << 20

  // Released before the memory goes: properties end in the order of their declaration.
  private let registration: Registration
  private let staging: HostBuffer

  /// Maps and registers the staging buffer by `strategy`.
  ///
  /// Throws `SystemError` or `RegistrationError`, with nothing left mapped or pinned.
  public init(by strategy: any RegistrationStrategy, access: AccessFlags) throws {
    let staging = try HostBuffer(.anonymous, length: StagingCopy.chunkBytes)
    try staging.populate()
    registration = try strategy.register(staging.range, access: access)
    self.staging = staging
  }

  /// Copies the first `length` bytes of `source` through the staging buffer `count` times; nanoseconds for all of it.
  public borrowing func sample(
    _ source: borrowing HostBuffer,
    length: UInt64,
    count: Int
  ) -> UInt64 {
    let chunk = Int(StagingCopy.chunkBytes)
    return unsafe source.withUnsafeBytes { source in
      unsafe staging.withUnsafeBytes { staging in
        let length = min(Int(length), source.count)
        guard let from = source.baseAddress, let to = staging.baseAddress else {
          return 0
        }
        let begin = MonotonicClock.now
        for _ in 0..<count {
          var offset = 0
          while offset < length {
            unsafe memcpy(to, from + offset, min(chunk, length - offset))
            offset += chunk
          }
        }
        return MonotonicClock.now &- begin
      }
    }
  }

  /// Copies the bytes of `range`, which must be mapped and readable, through the staging buffer once.
  @unsafe
  public borrowing func copy(_ range: AddressRange) {
    unsafe staging.withUnsafeBytes { staging in
      var next = range.start
      while next < range.end, let to = staging.baseAddress,
        let from = unsafe UnsafeRawPointer(bitPattern: UInt(next))
      {
        let count = min(range.end - next, StagingCopy.chunkBytes)
        unsafe memcpy(to, from, Int(count))
        next += count
      }
    }
  }

  /// Releases the staging buffer; throws what `Registration.release()` throws.
  public consuming func release() throws(RegistrationError) {
    try registration.release()
  }
}
