/// The program that follows processes.
extension ProgramWriter {
  /// At a fork, in the parent: adds the child of a traced process to those that are traced.
  ///
  /// `child` is the argument that has its new task.
  mutating func follow(_ processes: Int32, child: Int, processMember: Int) {
    code.move(.r6, .r1)
    code.call(.processAndThread)
    code.apply(.shiftRight, .r0, 32)
    code.store(.stack, -8, .r0, width: .word)
    lookUp(processes, keyAt: -8)
    load(.r1, argument: child)
    follow(.r1, processMember, width: .word)
    code.store(.stack, -8, .r1, width: .word)
    code.set(.r1, 1)
    code.store(.stack, -16, .r1)
    code.load(.r1, map: processes)
    code.move(.r2, .stack)
    code.apply(.add, .r2, -8)
    code.move(.r3, .stack)
    code.apply(.add, .r3, -16)
    code.set(.r4, 0)
    code.call(.mapUpdate)
  }
}
