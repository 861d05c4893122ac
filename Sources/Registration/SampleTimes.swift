/// What registering and releasing one batch took, in nanoseconds for the whole batch.
public struct SampleTimes: Equatable, Sendable {
  /// From before the first registration until after the last.
  public let register: UInt64
  /// From before the first release until after the last.
  public let deregister: UInt64

  /// Takes both times.
  public init(register: UInt64, deregister: UInt64) {
    self.register = register
    self.deregister = deregister
  }
}
