public import HostMemory
public import Verbs

/// Ranges of equal length and distance that are registered together.
public struct RegistrationBatch: Equatable, Sendable {
  /// The first range.
  public let first: AddressRange
  /// Bytes from one range's start to the next; zero registers the same range again.
  public let stride: UInt64
  /// How many ranges there are.
  public let count: Int
  /// The access of every registration.
  public let access: AccessFlags

  /// Names `count` ranges, at least one, that start `stride` bytes apart.
  public init(_ first: AddressRange, stride: UInt64 = 0, count: Int = 1, access: AccessFlags) {
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
