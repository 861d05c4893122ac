package import LinuxSystem

/// What became of a function within a call.
package struct StageResult: Equatable, Sendable {
  /// How often it was called.
  package let calls: UInt32
  /// Its time, with all that it calls, in nanoseconds.
  package let nanoseconds: UInt64
  /// The sum of what it returned: of `pin` pages, of `migrate` those that could not be moved.
  package let sum: UInt64
  /// Why it last failed, or `nil`.
  package let errno: Errno?
}
