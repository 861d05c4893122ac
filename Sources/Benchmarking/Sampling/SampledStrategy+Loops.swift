import LinuxSystem
package import MemoryRegistration

extension SampledStrategy {
  /// Registers every range of `batch`, reads the clock, and releases them; `slots` has room for the batch.
  ///
  /// Throws the first error, with every registration of the batch released.
  package func sample(
    _ batch: RegistrationBatch,
    in slots: inout RegistrationSlots
  ) throws(RegistrationError) -> SampleTimes {
    precondition(batch.count <= slots.capacity)
    let begin = MonotonicClock.now
    do {
      for index in 0..<batch.count {
        slots.append(try register(batch.range(at: index), access: batch.access))
      }
    } catch {
      slots.clear()
      throw error
    }
    let middle = MonotonicClock.now
    try slots.releaseAll()
    let end = MonotonicClock.now
    return (middle &- begin, end &- middle)
  }

  /// Registers and releases in a tight loop, where work that the kernel defers is paid for as well.
  package func samplePairs(
    _ batch: RegistrationBatch,
    count: Int
  ) throws(RegistrationError) -> UInt64 {
    let begin = MonotonicClock.now
    for _ in 0..<count {
      try register(batch.first, access: batch.access).release()
    }
    return MonotonicClock.now &- begin
  }
}
