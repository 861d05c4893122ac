package import MemoryRegistration

/// A strategy that benchmarks measure: its loops are witnesses of their own, so that the compiler specialises them for
/// each strategy and nothing between two readings of the clock is called through a table.
package protocol SampledStrategy: RegistrationStrategy {
  /// Registers and then releases a batch, each between two readings of the clock.
  ///
  /// Throws the first error, with every registration of the batch released.
  func sample(
    _ batch: RegistrationBatch,
    in slots: inout RegistrationSlots
  ) throws(RegistrationError) -> SampleTimes

  /// Registers and releases the first range of `batch` over and over, `count` times; nanoseconds for all of it.
  func samplePairs(_ batch: RegistrationBatch, count: Int) throws(RegistrationError) -> UInt64
}
