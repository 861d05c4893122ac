import Verbs

// Two owners of one region could release it twice.
func copy(_ region: borrowing MemoryRegion) -> MemoryRegion {
  // expected-error@-1 {{'region' is borrowed and cannot be consumed}}
  return region  // expected-note {{consumed here}}
}
