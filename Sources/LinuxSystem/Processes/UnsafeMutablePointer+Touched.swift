extension UnsafeMutablePointer where Pointee: ~Copyable {
  /// Allocates room for `capacity` and touches every page of it, so that nothing measured has to.
  package static func touched(capacity: Int) -> UnsafeMutablePointer {
    let room = UnsafeMutablePointer.allocate(capacity: capacity)
    unsafe UnsafeMutableRawPointer(room)
      .initializeMemory(
        as: UInt8.self,
        repeating: 0,
        count: capacity * MemoryLayout<Pointee>.stride
      )
    return unsafe room
  }
}
