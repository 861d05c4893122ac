/// The program that follows processes.
extension ProgramWriter {
  /// At a fork (tracepoint sched_process_fork): adds the child of a traced process to those that are traced.
  mutating func follow(_ processes: Int32, processMember: Int) {
    code.move(.r6, .r1)
    code.load(.r1, .r6, 0)
    code.load(.r1, .r1, processMember, width: .word)
    code.store(.stack, -8, .r1, width: .word)
    lookUp(processes, keyAt: -8)
    code.load(.r1, .r6, 8)
    code.load(.r1, .r1, processMember, width: .word)
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
