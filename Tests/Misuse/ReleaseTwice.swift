import MemoryRegistration

// A registration is released once.
func releaseTwice(_ registration: consuming Registration) throws {
  // expected-error@-1 {{'registration' consumed more than once}}
  try registration.release()  // expected-note {{consumed here}}
  try registration.release()  // expected-note {{consumed again here}}
}
