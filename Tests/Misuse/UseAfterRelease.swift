import Verbs

// The keys of a region are gone with the region.
func keyAfterRelease(_ region: consuming MemoryRegion) throws -> UInt32 {
  // expected-error@-1 {{'region' used after consume}}
  try region.deregister()  // expected-note {{consumed here}}
  return region.lkey  // expected-note {{used here}}
}
