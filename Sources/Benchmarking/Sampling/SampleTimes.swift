/// What registering and releasing one batch took, in nanoseconds for the whole batch.
package struct SampleTimes: Equatable, Sendable {
  /// From before the first registration until after the last.
  package let register: UInt64
  /// From before the first release until after the last.
  package let deregister: UInt64

  /// Takes both times.
  package init(register: UInt64, deregister: UInt64) {
    self.register = register
    self.deregister = deregister
  }
}
