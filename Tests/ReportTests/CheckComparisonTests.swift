import Documents
import Report
import Testing

@Suite struct `A comparison of two documents of memreg check` {
  private func check(_ driver: String, _ verdicts: [(String, String)]) throws -> ReportDocument {
    try Invented.check(kernel: "6.12", driver: driver, verdicts)
  }

  @Test func `names what differs, with both verdicts and both observations, and counts the rest`()
    throws
  {
    let comparison = try CheckComparison(
      check("rxe", [("data.a", "passed"), ("data.b", "passed"), ("mw.c", "passed")]),
      check("siw", [("data.a", "passed"), ("data.b", "failed"), ("data.d", "skipped")])
    )
    #expect(
      comparison.text == """
        A  rxe0 (rxe), Linux 6.12
        B  rxe0 (siw), Linux 6.12

        data.b  A passes, B fails
            A: the charge: expected 1 page, observed 2 pages
            B: the charge: expected 1 page, observed 2 pages
        mw.c    A passes, B was not run
            A: the charge: expected 1 page, observed 2 pages
        data.d  A was not run, B is skipped
            B: the charge: expected 1 page, observed 2 pages

        3 of 4 checks differ

        """
    )
  }

  @Test func `of the same verdicts says that none differs`() throws {
    let same = try check("siw", [("data.a", "passed")])
    #expect(try CheckComparison(same, same).text.hasSuffix("\n\n0 of 1 checks differ\n"))
  }

  @Test func `refuses a document of another command`() throws {
    #expect(throws: DocumentProblem.self) {
      _ = try CheckComparison(check("rxe", [("data.a", "passed")]), Invented.bench())
    }
  }
}
