package import HostMemory
package import Verbs

/// Ranges of equal length and distance that are registered together.
package struct RegistrationBatch: Equatable, Sendable {
  /// The first range.
  package let first: AddressRange
  /// Bytes from one range's start to the next; zero registers the same range again.
  package let stride: UInt64
  /// How many ranges there are.
  package let count: Int
  /// The access of every registration.
  package let access: AccessFlags

  /// Names `count` ranges, at least one, that start `stride` bytes apart.
  package init(_ first: AddressRange, stride: UInt64 = 0, count: Int = 1, access: AccessFlags) {
    self.first = first
    self.stride = stride
    self.count = max(1, count)
    self.access = access
  }

  /// The range at `index`, counted from zero.
  func range(at index: Int) -> AddressRange {
    AddressRange(start: first.start &+ stride &* UInt64(index), length: first.length)
  }
}
