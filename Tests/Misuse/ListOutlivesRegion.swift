import HostMemory
import Verbs

// A request of two entries cannot outlive the region of the second.
func keep(
  _ domain: ProtectionDomain,
  _ pair: borrowing QueuePair,
  _ first: borrowing MemoryRegion
) throws {
  let range = AddressRange(start: 0, length: 8)
  let second = try MemoryRegion(in: domain, range: AddressRange(start: 0, length: 8), access: [])
  let request = WorkRequest.send(try first.slice(range)).followed(by: try second.slice(range))
  // expected-error@+1 {{cannot be consumed when captured by an escaping closure or borrowed by a non-Escapable type}}
  try second.deregister()
  _ = try pair.perform(request)
}
