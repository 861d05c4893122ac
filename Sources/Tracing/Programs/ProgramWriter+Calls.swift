/// The programs at the entry and the return of what is traced as a call.
extension ProgramWriter {
  /// At the entry: claims the place of the thread and notes `captures` of the arguments.
  mutating func begin(_ kind: CallKind, _ traits: CallTraits, captures: [Capture]) {
    findPlace()
    if let condition = traits.condition { require(condition) }
    requireProcess()
    let free = code.label()
    code.load(.r1, .r7, RecordLayout.owner)
    code.jump(free, if: .r1, .equals, 0)
    let displaced = code.label()
    code.jump(displaced, if: .r1, .differs, .r8)
    if traits.isInner {
      code.load(.r1, .r7, RecordLayout.operation, width: .word)
      code.jump(done, if: .r1, .differs, Int32(kind.rawValue))
    }
    // A call does not call itself: the end of the one before has been missed.
    count(.unended)
    code.jump(free)
    code.place(displaced)
    count(.displaced)
    code.place(free)
    code.move(.r1, .r7)
    code.apply(.add, .r1, Int32(RecordLayout.command))
    code.set(.r2, 16)
    code.call(.command)
    requireCommand()
    code.store(.r7, RecordLayout.owner, .r8)
    for place in stride(from: RecordLayout.result, to: RecordLayout.command, by: 8) {
      code.store(.r7, place, zeroing: .double)
    }
    code.store(.r7, RecordLayout.subject, zeroing: .double)
    if !settings.isLight {
      for place in stride(from: RecordLayout.stages, to: RecordLayout.parts, by: 8) {
        code.store(.r7, place, zeroing: .double)
      }
    }
    code.set(.r1, Int32(kind.rawValue))
    code.store(.r7, RecordLayout.operation, .r1, width: .word)
    note(captures)
    if let faults = settings.faults {
      loadFaults(faults)
      code.store(.r7, RecordLayout.faults, .r1)
    }
    code.call(.clock)
    code.store(.r7, RecordLayout.begin, .r0)
  }

  /// At the return: completes the record and sends it, or counts it.
  mutating func end(_ kind: CallKind, _ traits: CallTraits, captures: [Capture]) {
    findPlace()
    requireOwner()
    code.load(.r1, .r7, RecordLayout.operation, width: .word)
    code.jump(done, if: .r1, .differs, Int32(kind.rawValue))
    code.call(.clock)
    code.store(.r7, RecordLayout.end, .r0)
    if let faults = settings.faults {
      loadFaults(faults)
      code.load(.r2, .r7, RecordLayout.faults)
      code.apply(.subtract, .r1, .r2)
      code.store(.r7, RecordLayout.faults, .r1)
    }
    loadResult(.r9)
    code.store(.r7, RecordLayout.result, .r9)
    if !captures.isEmpty {
      let failed = code.label()
      jumpIfErrno(.r9, to: failed)
      note(captures)
      code.place(failed)
    }
    let finished = code.label()
    if let device = settings.device {
      code.load(.r1, .r7, RecordLayout.device, width: .word)
      code.jump(finished, if: .r1, .differs, Int32(bitPattern: device &+ 1))
    }
    if !settings.isLight { divide(kind, isVerbs: traits.isVerbs) }
    if let histograms = maps.histograms {
      let failed = code.label()
      loadResult(.r9)
      jumpIfErrno(.r9, to: failed)
      countDurations(kind, in: histograms)
      code.jump(finished)
      code.place(failed)
    }
    send()
    code.place(finished)
    code.store(.r7, RecordLayout.owner, zeroing: .double)
  }

  private mutating func send() {
    let sent = code.label()
    code.load(.r1, map: maps.ring)
    code.move(.r2, .r7)
    code.set(.r3, Int32(settings.isLight ? RecordLayout.short : RecordLayout.size))
    // BPF_RB_NO_WAKEUP: the reader looks by itself, which costs the traced program nothing.
    code.set(.r4, 1)
    code.call(.ringOutput)
    code.jump(sent, if: .r0, .equals, 0)
    count(.lost)
    code.place(sent)
  }

  private mutating func requireProcess() {
    guard let processes = maps.processes else { return }
    code.move(.r1, .r8)
    code.apply(.shiftRight, .r1, 32)
    code.store(.stack, -16, .r1, width: .word)
    lookUp(processes, keyAt: -16)
  }

  private mutating func requireCommand() {
    guard let command = settings.command else { return }
    var bytes = Array(command.utf8.prefix(15))
    bytes += [UInt8](repeating: 0, count: 16 - bytes.count)
    for part in [0, 8] {
      let wanted = bytes[part..<(part + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      code.load(.r1, .r7, RecordLayout.command + part)
      code.load(.r2, constant: wanted)
      code.jump(done, if: .r1, .differs, .r2)
    }
  }

  private mutating func require(_ condition: CallCondition) {
    load(.r1, argument: condition.argument)
    follow(.r1, condition.member.offset, width: condition.member.width)
    switch condition.expectation {
    case .nonzero: code.jump(done, if: .r1, .equals, 0)
    case .equal(let value): code.jump(done, if: .r1, .differs, value)
    }
  }

  /// Page faults of the thread so far, in r1.
  private mutating func loadFaults(_ faults: TaskFaults) {
    code.call(.task)
    code.load(.r1, .r0, faults.minor)
    code.load(.r2, .r0, faults.major)
    code.apply(.add, .r1, .r2)
  }
}
