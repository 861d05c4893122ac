import Testing

@testable import Report

@Suite struct `A file that is no document` {
  @Test(arguments: [
    ("", "it is empty"),
    (" \n", "it is empty"),
    ("nonsense", "it is no JSON, or was cut off: it does not end in a brace"),
    (
      "{\"schema\":\"memreg.bench/1\",\"cas",
      "it is no JSON, or was cut off: it does not end in a brace"
    ),
    ("{\"schema\":}", "it is no JSON"),
    ("{}", "it has no `schema`, so memreg did not write it"),
    ("[1,2]", "it has no `schema`, so memreg did not write it"),
    (
      "{\"schema\":\"memreg.bench/9\"}",
      "schema 'memreg.bench/9' is none of version 1 of bench, check, coherence, cache, limits, fuzz"
    ),
    (
      "{\"schema\":\"\\u001b[31m\"}",
      "schema '?[31m' is none of version 1 of bench, check, coherence, cache, limits, fuzz"
    ),
  ])
  func `gets one line that names the file and says why`(text: String, reason: String) throws {
    let problem = try #require(throws: DocumentProblem.self) { try Invented.document(text) }
    #expect(problem.description == "cannot report invented.json: \(reason)")
  }
}

@Suite struct `A document` {
  @Test func `nested too deeply is refused, not followed`() {
    let depth = 100_000
    let text =
      "{\"schema\":\"memreg.bench/1\",\"cases\":" + String(repeating: "{\"a\":", count: depth) + "1"
      + String(repeating: "}", count: depth + 1)
    #expect(throws: DocumentProblem.self) { try Invented.document(text) }
  }

  @Test func `says where it is from, in its head or in its environment`() throws {
    let bench = try Invented.bench(host: "node7", kernel: "7.3.4")
    #expect(bench.host == "node7")
    #expect(bench.kernel == "7.3.4")
    #expect(bench.driver == "rxe")
    #expect(try Invented.document("{\"schema\":\"memreg.cache/1\"}").host == nil)
  }

  @Test func `of any kind makes a page, even when nothing else is in it`() throws {
    for kind in ReportDocument.Kind.allCases {
      let document = try Invented.document("{\"schema\":\"\(kind.rawValue)\"}")
      let page = Page(of: [document, document])
      #expect(page.html.hasSuffix("</html>\n"))
      #expect(page.markdown.contains("| invented.json | \(kind.rawValue) |"))
    }
  }

  @Test func `with hostile numbers makes a page`() throws {
    for number in ["-1", "0", "1e300", "-1e-300", "9223372036854775807", "18446744073709551615"] {
      let text = """
        {"schema":"memreg.bench/1","environment":{"page_bytes":\(number)},"cases":[{"strategy":"verbs",
        "memory":"thp","pages":"cold","size_bytes":\(number),"phases":[{"phase":"register",
        "p50_ns":\(number),"p90_ns":1,"p99_ns":\(number),"samples_ns":[\(number)]}]}],
        "models":[{"strategy":"verbs","memory":"thp","pages":"cold","phase":"register",
        "base_ns":\(number),"per_page_ps":\(number)}]}
        """
      let document = try Invented.document(text)
      #expect(Page(of: [document, document]).html.hasSuffix("</html>\n"))
      let cache = try Invented.document(
        "{\"schema\":\"memreg.cache/1\",\"policies\":[{\"pinned_bytes\":[\(number),\(number)]}]}"
      )
      #expect(Page(of: [cache]).html.hasSuffix("</html>\n"))
      _ = TerminalPlot(try #require(document.bench), width: 0, isUnicode: true).text
    }
  }
}
