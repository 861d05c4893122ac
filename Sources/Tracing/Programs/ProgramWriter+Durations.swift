/// What the programs make of the times of a call.
extension ProgramWriter {
  /// Divides the time of a call into its parts: each function without those that it calls.
  mutating func divide(_ kind: CallKind, isVerbs: Bool) {
    code.load(.r1, .r7, RecordLayout.end)
    code.load(.r2, .r7, RecordLayout.begin)
    code.apply(.subtract, .r1, .r2)
    for part in Part.allCases { code.store(.r7, RecordLayout.place(of: part), zeroing: .double) }
    switch kind {
    case .fault: return store(.fault, .r1)
    case .charge: return store(.map, .r1)
    case .register, .reregister, .deregister: break
    }
    code.load(.r2, .r7, total(.release))
    store(.release, .r2)
    code.apply(.subtract, .r1, .r2)
    code.load(.r2, .r7, total(.driver))
    code.load(.r3, .r7, total(.umem))
    code.load(.r4, .r7, total(.pin))
    // A function that was not called, or cannot be seen, takes no time beyond what it calls.
    replaceZero(.r3, by: .r4)
    replaceZero(.r2, by: .r3)
    if !isVerbs { code.move(.r2, .r1) }
    code.apply(.subtract, .r1, .r2)
    store(.uverbs, .r1)
    code.apply(.subtract, .r2, .r3)
    code.apply(.subtract, .r3, .r4)
    store(.map, .r3)
    code.load(.r5, .r7, total(.fault))
    store(.fault, .r5)
    let ended = code.label()
    let pinned = code.label()
    code.jump(pinned, if: .r4, .differs, 0)
    // The pages of an on-demand region are asked for by the driver.
    code.apply(.subtract, .r2, .r5)
    store(.driver, .r2)
    code.jump(ended)
    code.place(pinned)
    store(.driver, .r2)
    code.apply(.subtract, .r4, .r5)
    code.load(.r5, .r7, total(.migrate))
    store(.migrate, .r5)
    code.apply(.subtract, .r4, .r5)
    store(.pin, .r4)
    code.place(ended)
  }

  /// Adds the durations of a call to the histograms of its kind: all of it, and each part that took time.
  mutating func countDurations(_ kind: CallKind, in histograms: Int32) {
    code.load(.r9, .r7, RecordLayout.end)
    code.load(.r1, .r7, RecordLayout.begin)
    code.apply(.subtract, .r9, .r1)
    countDuration(DurationCounts.key(kind, nil), in: histograms)
    guard !settings.isLight else { return }
    for part in Part.allCases {
      let next = code.label()
      code.load(.r9, .r7, RecordLayout.place(of: part))
      code.jump(next, if: .r9, .equals, 0)
      countDuration(DurationCounts.key(kind, part), in: histograms)
      code.place(next)
    }
  }

  /// Counts the duration in r9.
  private mutating func countDuration(_ key: UInt32, in histograms: Int32) {
    code.set(.r1, Int32(key))
    code.store(.stack, -16, .r1, width: .word)
    lookUp(histograms, keyAt: -16)
    code.set(.r1, 1)
    code.increase(.r0, DurationCounts.countPlace, by: .r1)
    code.increase(.r0, DurationCounts.sumPlace, by: .r9)
    // As `bucket(of:)` does it; r2 is the shift.
    code.set(.r2, 0)
    for shift in [32, 16, 8, 4, 2, 1] as [Int32] {
      let tooFar = code.label()
      code.move(.r3, .r9)
      code.apply(.shiftRight, .r3, shift)
      code.jump(tooFar, if: .r3, .isLess, Int32(DurationCounts.precision))
      code.move(.r9, .r3)
      code.apply(.add, .r2, shift)
      code.place(tooFar)
    }
    code.apply(.shiftLeft, .r2, Int32(DurationCounts.precision.trailingZeroBitCount))
    code.apply(.add, .r2, .r9)
    code.apply(.and, .r2, Int32(DurationCounts.bucketCount - 1))
    code.apply(.shiftLeft, .r2, 3)
    code.apply(.add, .r0, .r2)
    code.increase(.r0, DurationCounts.bucketPlace, by: .r1)
  }

  private func total(_ stage: Stage) -> Int { RecordLayout.place(of: stage) + RecordLayout.total }

  private mutating func store(_ part: Part, _ register: Register) {
    code.store(.r7, RecordLayout.place(of: part), register)
  }

  private mutating func replaceZero(_ register: Register, by other: Register) {
    let next = code.label()
    code.jump(next, if: register, .differs, 0)
    code.move(register, other)
    code.place(next)
  }
}
