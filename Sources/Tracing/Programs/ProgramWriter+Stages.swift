/// The programs at the entry and the return of the functions within a call.
extension ProgramWriter {
  /// At the entry of a stage: notes the time, and what `captures` says of the arguments.
  mutating func enter(_ stage: Stage, captures: [Capture], unlessIn outer: CallKind? = nil) {
    let place = RecordLayout.place(of: stage)
    findPlace()
    requireOwner()
    if let outer {
      code.load(.r1, .r7, RecordLayout.operation, width: .word)
      code.jump(done, if: .r1, .equals, Int32(outer.rawValue))
    }
    note(captures)
    guard !settings.isLight else { return }
    code.call(.clock)
    code.store(.r7, place + RecordLayout.began, .r0)
  }

  /// At its return: adds up time, results and calls.
  mutating func leave(_ stage: Stage, captures: [Capture]) {
    let place = RecordLayout.place(of: stage)
    findPlace()
    requireOwner()
    code.load(.r9, .r7, place + RecordLayout.began)
    code.jump(done, if: .r9, .equals, 0)
    code.call(.clock)
    code.apply(.subtract, .r0, .r9)
    code.load(.r1, .r7, place + RecordLayout.total)
    code.apply(.add, .r1, .r0)
    code.store(.r7, place + RecordLayout.total, .r1)
    code.store(.r7, place + RecordLayout.began, zeroing: .double)
    code.load(.r1, .r7, place + RecordLayout.calls, width: .word)
    code.apply(.add, .r1, 1)
    code.store(.r7, place + RecordLayout.calls, .r1, width: .word)
    guard result != .nothing else { return }
    let failed = code.label()
    let next = code.label()
    loadResult(.r9)
    jumpIfErrno(.r9, to: failed)
    if stage == .pin || stage == .migrate {
      code.load(.r1, .r7, place + RecordLayout.sum)
      code.apply(.add, .r1, .r9)
      code.store(.r7, place + RecordLayout.sum, .r1)
    }
    note(captures)
    code.jump(next)
    code.place(failed)
    code.store(.r7, place + RecordLayout.error, .r9, width: .word)
    code.place(next)
  }

  /// Notes values in the record; loses r1 to r5.
  mutating func note(_ captures: [Capture]) {
    for capture in captures { note(capture) }
  }

  private mutating func note(_ capture: Capture) {
    switch capture.source {
    case .argument(let index): load(.r1, argument: index)
    case .member(let index, let path): load(.r1, argument: index, path)
    case .target(let index):
      loadUntyped(argument: index)
      follow(.r1, 0, width: .double, typed: false)
    case .result: loadResult(.r1)
    case .memberOfResult(let member):
      loadResult(.r1)
      follow(.r1, member.offset, width: member.width)
    case .constant(let value): code.set(.r1, value)
    case .request(let index, let path, let offset, let size):
      load(.r1, argument: index, path)
      code.move(.r3, .r1)
      code.apply(.add, .r3, offset)
      code.move(.r1, .r7)
      code.apply(.add, .r1, Int32(capture.place))
      code.set(.r2, size)
      return code.call(.readUser)
    }
    if capture.increment != 0 { code.apply(.add, .r1, capture.increment) }
    code.store(.r7, capture.place, .r1, width: capture.width)
  }

  private mutating func load(_ to: Register, argument: Int, _ path: [Capture.Member]) {
    load(to, argument: argument)
    for member in path { follow(to, member.offset, width: member.width) }
  }

  /// Jumps if a register has an errno, as IS_ERR_VALUE() does: one of the last 4095 values.
  mutating func jumpIfErrno(_ value: Register, to label: Assembler.Label) {
    code.jump(label, if: value, .isGreaterOrEqual, -4095)
  }
}
