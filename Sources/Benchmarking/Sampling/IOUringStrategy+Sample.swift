package import MemoryRegistration

extension IOUringStrategy: SampledStrategy {
  /// Pins and unpins the buffers of `batch`; throws the first error, with every buffer unpinned.
  package func sample(
    _ batch: RegistrationBatch,
    in slots: inout RegistrationSlots
  ) throws(RegistrationError) -> SampleTimes {
    try slots.sampleBuffers(batch)
  }

  /// Pins and unpins the first range of `batch` in a tight loop; throws the first error.
  package func samplePairs(
    _ batch: RegistrationBatch,
    count: Int
  ) throws(RegistrationError) -> UInt64 {
    try RegistrationSlots.sampleBufferPairs(batch, count: count)
  }
}
