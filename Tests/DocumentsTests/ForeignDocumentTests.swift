import Documents
import Testing

@Suite struct `A document of anyone's` {
  private func foreign<Document: Decodable>(_ text: String) throws -> Document {
    try JSONDocument.readForeign(Document.self, Array(text.utf8))
  }

  @Test func `has no value for a field that it lacks or has something else in place of`() throws {
    let report: LimitsReport = try foreign(
      """
      {"pid":"one","user_id":-1,"pinned_bytes":-4096,"limit_binds":"yes","headroom_bytes":1e300,
      "memlock":{"soft_bytes":5e-324,"hard_bytes":18446744073709551615},"rdma_cgroups":{},"need":7}
      """
    )
    #expect(report.$pid == nil && report.pid == 0)
    #expect(report.$userId == nil && report.$limitBinds == nil && report.$lockedBytes == nil)
    #expect(report.$pinnedBytes == -4096)
    #expect(report.headroomBytes == nil && report.need == nil)
    #expect(report.memlock.softBytes == nil)
    #expect(report.memlock.hardBytes == .max)
    #expect(report.$origin == nil && report.origin.$summary == nil)
    #expect(report.rdmaCgroups.isEmpty)
  }

  @Test func `keeps of a list what is what it should be, and words that are not known`() throws {
    let report: BenchReport = try foreign(
      """
      {"cases":[1,null,{"strategy":"later","size_bytes":4096,"warnings":null,"phases":[
      {"phase":"also_later","samples_ns":[1,-1,2.5,"x",null,[],2]},{"phase":"pair","p50_ns":7}]}]}
      """
    )
    let found = try #require(report.cases.first)
    #expect(report.cases.count == 1)
    #expect(found.strategy.rawValue == "later" && found.strategy.kind == nil)
    #expect(found.seriesName == "later, -, -")
    #expect(found.phases.map(\.phase.rawValue) == ["also_later", "pair"])
    #expect(found.phases[0].samplesNs == [1, 2])
    #expect(found.phase(.pair)?.p50Ns == 7)
    #expect(found.phase(.register) == nil)
  }

  @Test(arguments: [
    "{}", "{\"schema\":\"memreg.fuzz/1\"}", "{\"schema\":1}",
    """
    {"schema":"memreg.fuzz/1","kernel":"6.1","device":"rxe0","seed":1,"threads":1,"operations":-1.5,
    "divergences":0,"answers":{},"elapsed_ns":1,"interrupted":false,"found":[]}
    """,
    """
    {"schema":"memreg.fuzz/1","kernel":"6.1","device":"rxe0","seed":1,"threads":1,"operations":1,
    "divergences":0,"answers":{},"elapsed_ns":1,"interrupted":false,"found":[1]}
    """,
  ])
  func `is refused if it is to be whole and is not`(text: String) throws {
    #expect(throws: DecodingError.self) {
      try JSONDocument.read(FuzzReport.self, Array(text.utf8))
    }
    _ = try foreign(text) as FuzzReport
  }
}

@Suite struct `A ratio` {
  @Test func `is a whole number of parts`() throws {
    #expect(Ratio<PerMillion>(0.9980004).parts == 998_000)
    #expect(Ratio<PerMille>(parts: 987).percent == 98.7)
    #expect(Ratio<Percent>(0.125).parts == 13)
    #expect(Ratio<PerMillion>(parts: 250_000).value == 0.25)
    for (ratio, parts) in [(.nan, 0), (.infinity, .max), (-1e300, .min)] as [(Double, Int64)] {
      #expect(Ratio<PerMillion>(ratio).parts == parts)
    }
  }
}
