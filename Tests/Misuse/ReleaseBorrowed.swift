import MemoryRegistration

// Who only borrows a registration cannot end it.
func endOther(_ registration: borrowing Registration) throws {
  // expected-error@-1 {{'registration' is borrowed and cannot be consumed}}
  try registration.release()  // expected-note {{consumed here}}
}
