package import HostMemory
package import Verbs

/// Requests by region and range, each borrowing the region until it has ended.
extension QueuePair {
  package func read(
    into range: AddressRange,
    of region: borrowing MemoryRegion,
    from remote: RemoteMemory
  ) throws(VerbsError) -> CompletionStatus {
    let slice = try region.slice(range)
    return try perform(.read(slice, from: remote)).status
  }

  package func write(
    from range: AddressRange,
    of region: borrowing MemoryRegion,
    to remote: RemoteMemory
  ) throws(VerbsError) -> CompletionStatus {
    let slice = try region.slice(range)
    return try perform(.write(slice, to: remote)).status
  }

  package func send(
    _ range: AddressRange,
    of region: borrowing MemoryRegion
  ) throws(VerbsError) -> CompletionStatus {
    let slice = try region.slice(range)
    return try perform(.send(slice)).status
  }

  package func fetchAdd(
    _ value: UInt64,
    into range: AddressRange,
    of region: borrowing MemoryRegion,
    at remote: RemoteMemory
  ) throws(VerbsError) -> CompletionStatus {
    let slice = try region.slice(range)
    return try perform(.fetchAdd(slice, to: remote, adding: value)).status
  }

  /// Posts a receive into a region that has to last as long as the pair.
  package func receive(
    into range: AddressRange,
    of region: borrowing MemoryRegion
  ) throws(VerbsError) -> UInt64 {
    let slice = try region.slice(range)
    return try unsafe postReceive(slice)
  }
}
