public import HostMemory
public import Verbs

/// A buffer and its registration in one value; releasing gives the buffer back.
public struct RegisteredBuffer: ~Copyable, Sendable {
  // Before `buffer`: the registration ends before the memory goes, where both go out of scope.
  /// The registration of the whole buffer.
  public let registration: Registration
  /// The memory.
  public let buffer: HostBuffer

  /// Registers all of `buffer`; throws what the strategy throws, and unmaps the buffer then.
  public init(
    _ buffer: consuming HostBuffer,
    by strategy: some RegistrationStrategy,
    access: AccessFlags
  ) throws(RegistrationError) {
    registration = try strategy.register(buffer.range, access: access)
    self.buffer = buffer
  }

  /// Ends the registration and returns the buffer; throws what the kernel said, and unmaps the buffer then.
  public consuming func release() throws(RegistrationError) -> HostBuffer {
    try registration.release()
    return buffer
  }
}
