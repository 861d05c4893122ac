import Documents
import Testing

@testable import MemRegCommands

@Suite struct `The winner of a replay` {
  /// A report of policies with what each pins and how long its rounds took.
  private func judged(
    uses: Int = 100,
    _ policies: [(name: String, pinned: UInt64, times: [UInt64])]
  ) -> ReplayReport {
    var report = ReplayReport(
      trace: "t",
      kernel: "6.1",
      emulated: false,
      device: nil,
      strategy: "io_uring",
      uses: uses,
      steps: 2 * uses,
      skippedEvents: 0,
      touchedBytes: 4096,
      rounds: policies.first?.times.count ?? 0,
      interrupted: false,
      policies: policies.map { policy in
        let sorted = policy.times.sorted()
        return ReplayReport.Policy(
          policy: policy.name,
          elapsedNs: sorted.isEmpty ? 0 : sorted[sorted.count / 2],
          fastestNs: sorted.first,
          slowestNs: sorted.last,
          nsPerUse: 1,
          registrations: 1,
          hits: 0,
          hitsPerMille: nil,
          evictions: 0,
          invalidations: 0,
          uncached: 0,
          failures: 0,
          firstFailure: nil,
          pinnedPeakBytes: policy.pinned,
          pinnedBytes: []
        )
      }
    )
    report.judge(policies.map(\.times))
    return report
  }

  @Test func `is the fastest if its times are apart from all others`() {
    let report = judged([
      ("none", 4096, [3000, 3100, 3300]), ("cache", 65536, [1000, 1100, 1050]),
      ("copy", 4096, [2000, 2500, 2100]),
    ])
    #expect(report.winner == "cache")
    #expect(report.undecided == nil && report.enoughUses == nil)
    #expect(
      report.text.plain.hasSuffix(
        "cache wins: 3.0 times the speed of none, 2.0 times the speed of copy\n"
      )
    )
  }

  @Test func `within 5 % is the one that pins less`() {
    let report = judged([
      ("none", 4096, [1030, 1031, 1032]), ("cache", 65536, [1000, 1001, 1002]),
    ])
    #expect(report.winner == "none")
  }

  @Test func `is none of two whose times overlap, and how long is enough is told`() {
    // The medians are 20 % apart and the interval reaches 42 % down: with the bound at 1/1.05 that is a width of 0.5
    // against a distance of 0.25, so that four times as many uses are enough.
    let report = judged([
      ("cache", 65536, [800, 1000, 1300]), ("none", 65536, [900, 1200, 1400]),
    ])
    #expect(report.winner == nil)
    #expect(report.undecided == ["cache", "none"])
    #expect(report.enoughUses == 500)
    #expect(
      report.text.plain.contains(
        "no winner: 100 uses in 3 rounds do not tell cache 800 ns to 1.30 µs, none 900 ns to 1.40 µs apart; "
          + "a trace of about 500 uses would be enough"
      )
    )
  }

  @Test func `is decided by the same times in more rounds, whose interval is narrower`() {
    let times: [UInt64] = [1000, 1010, 990, 1005, 995, 1000, 1004, 996, 1002, 998, 2000]
    let slower = times.map { $0 * 6 / 5 }
    let report = judged([("cache", 65536, times), ("none", 65536, slower)])
    #expect(report.winner == "cache")
    let short = judged([
      ("cache", 65536, [1000, 990, 2000]), ("none", 65536, [1200, 1188, 2400]),
    ])
    #expect(short.winner == nil)
  }

  @Test func `needs three rounds`() {
    let report = judged([("cache", 65536, [1000, 1001]), ("none", 4096, [3000, 3001])])
    #expect(report.winner == nil)
    #expect(report.undecided == ["cache", "none"])
  }

  @Test func `of policies that differ by next to nothing has no length that is enough`() {
    let report = judged([
      ("cache", 65536, [1000, 1000, 1400]), ("copy", 4096, [1050, 1050, 1600]),
    ])
    #expect(report.winner == nil)
    #expect(report.enoughUses == nil)
    #expect(report.text.plain.contains("they differ too little for a trace of any length"))
  }

  @Test func `is the only one there is, and none where none served every use`() {
    #expect(judged([("cache", 65536, [1000, 2000, 3000])]).winner == "cache")
    let nothing = judged([])
    #expect(nothing.winner == nil && nothing.undecided == nil)
  }
}
