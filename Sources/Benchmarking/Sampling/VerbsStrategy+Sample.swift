package import MemoryRegistration
import Verbs

extension VerbsStrategy: SampledStrategy {
  /// Registers and deregisters the regions of `batch`; throws the first error, with every region deregistered.
  package func sample(
    _ batch: RegistrationBatch,
    in slots: inout RegistrationSlots
  ) throws(RegistrationError) -> SampleTimes {
    try slots.sampleRegions(batch, kind, in: domain, access: regionAccess(batch.access))
  }

  /// Registers and deregisters the first range of `batch` in a tight loop; throws the first error.
  package func samplePairs(
    _ batch: RegistrationBatch,
    count: Int
  ) throws(RegistrationError) -> UInt64 {
    try RegistrationSlots.sampleRegionPairs(
      batch,
      kind,
      in: domain,
      access: regionAccess(batch.access),
      count: count
    )
  }
}
