import HostMemory
import Verbs

// A work request cannot outlive the region whose bytes it names.
func keep(_ domain: ProtectionDomain, _ pair: borrowing QueuePair) throws {
  let region = try MemoryRegion(in: domain, range: AddressRange(start: 0, length: 8), access: [])
  let slice = try region.slice(AddressRange(start: 0, length: 8))
  // expected-error@+1 {{cannot be consumed when captured by an escaping closure or borrowed by a non-Escapable type}}
  try region.deregister()
  _ = try pair.perform(.send(slice))
}
