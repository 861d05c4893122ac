import HostMemory

// Memory that was given away is not touched any more.
func touchAfterMove(_ buffer: consuming HostBuffer) throws {
  // expected-error@-1 {{'buffer' used after consume}}
  let moved = consume buffer  // expected-note {{consumed here}}
  try buffer.populate()  // expected-note {{used here}}
  _ = moved.range
}
