/// What registering and releasing one batch took, in nanoseconds for the whole batch.
///
/// `register` ends after the last registration, and `deregister` after the last release.
package typealias SampleTimes = (register: UInt64, deregister: UInt64)
