public import LinuxSystem

/// A range of this process's virtual addresses, by number: naming memory neither reads nor keeps it.
public struct AddressRange: Hashable, Sendable {
  /// The first byte's virtual address.
  public let start: UInt64
  /// The length in bytes.
  public let length: UInt64

  /// Names `length` bytes from `start`; any pair is accepted, as the kernel is the judge of it.
  public init(start: UInt64, length: UInt64) {
    self.start = start
    self.length = length
  }

  /// The first address past the range, wrapping as the kernel's own arithmetic does.
  @inlinable public var end: UInt64 { start &+ length }

  /// Base pages touched, the number that `ib_umem_num_pages()` charges; an unaligned empty range counts one.
  @inlinable public var pages: UInt64 {
    let page = UInt64(BasePage.size)
    let mask = page - 1
    return ((end &+ mask) & ~mask &- (start & ~mask)) / page
  }

  /// Whether a byte lies in both ranges.
  public func overlaps(_ other: AddressRange) -> Bool {
    start < other.end && other.start < end
  }

  /// Whether all of `other` lies in this range.
  public func contains(_ other: AddressRange) -> Bool {
    start <= other.start && other.end <= end
  }
}
