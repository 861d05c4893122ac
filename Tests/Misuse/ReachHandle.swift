import Verbs

// The C handle stays inside: nobody can deregister behind the owner's back.
func reach(_ region: borrowing MemoryRegion) {
  _ = region.raw  // expected-error {{'raw' is inaccessible due to 'internal' protection level}}
}
