/// Why a trace cannot be replayed.
package enum CacheReplayError: Error, Equatable {
  /// The trace uses no memory.
  case noMemory
  /// The trace touches `length` bytes of a machine that has `available`.
  case tooLarge(length: UInt64, available: UInt64)
  /// io_uring registers nothing on demand.
  case noOnDemand
}
