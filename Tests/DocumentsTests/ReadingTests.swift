import Documents
import Testing

@Suite struct `A document that was written` {
  private var report: CheckReport {
    var report = CheckReport(kernel: "6.1.0", device: "rxe0", driver: nil, seed: 7)
    report.append(
      CheckReport.Entry(
        name: "accounting.charge",
        group: "accounting",
        promise: "A region is charged.",
        verdict: .knownDefect,
        reason: nil,
        subject: nil,
        expected: "1",
        observed: nil,
        note: nil,
        defect: nil,
        defectVersions: nil,
        defectGone: false,
        comparisons: 3,
        elapsedNs: 12
      )
    )
    return report
  }

  @Test func `is read back as it was`() throws {
    let line = try JSONDocument.line(report)
    #expect(try JSONDocument.read(CheckReport.self, Array(line.utf8)) == report)
    #expect(report.summary == CheckReport.Summary(knownDefects: 1))
  }

  @Test func `by a newer memreg is read without the keys that are not known`() throws {
    let line = try JSONDocument.line(report)
    let newer = line.dropLast(2) + ",\"later_ns\":[1,{\"a\":null}],\"later\":{\"b\":2}}\n"
    #expect(try JSONDocument.read(CheckReport.self, Array(newer.utf8)) == report)
  }

  @Test func `has no key for what is not known, and no null`() throws {
    let line = try JSONDocument.line(report)
    #expect(!line.contains("null"))
    #expect(!line.contains("\"driver\""))
    #expect(line.contains("\"verdict\":\"known_defect\""))
  }

  @Test func `names a series by threads and residents if they are not the usual ones`() {
    func name(_ threads: UInt64, _ resident: UInt64) -> String {
      SeriesName.text(
        strategy: "verbs",
        memory: "thp",
        pages: "cold",
        threads: threads,
        resident: resident
      )
    }
    #expect(name(1, 0) == "verbs, thp, cold")
    #expect(name(2, 50) == "verbs, thp, cold, 2 threads, 50 resident")
  }
}
