import Testing

@testable import Report

@Suite struct `A plot in the terminal` {
  @Test func `fits the width, and names its curves`() throws {
    let report = try #require(try Invented.bench().bench)
    for (width, isUnicode) in [(80, true), (80, false), (132, true), (40, false)] {
      let lines = TerminalPlot(report, width: width, isUnicode: isUnicode).text
        .split(separator: "\n")
      #expect(lines.count == 24)
      #expect(lines.prefix(22).allSatisfy { $0.count <= width })
      #expect(lines.suffix(2).first == "  A  verbs, anonymous, populated: register")
      #expect(lines.last == "  B  verbs, anonymous, populated: deregister")
    }
  }

  @Test func `is ASCII where the terminal has no more`() throws {
    let report = try #require(try Invented.bench().bench)
    let text = TerminalPlot(report, width: 80, isUnicode: false).text
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
    #expect(text.contains("100 us |"))
    #expect(text.contains("AAAA"))
  }

  @Test func `rises from the smallest size to the largest`() throws {
    let report = try #require(try Invented.bench().bench)
    let lines = TerminalPlot(report, width: 80, isUnicode: false).text
      .split(separator: "\n").map(Array.init)
    let columns = lines.prefix(20).map { $0.firstIndex(of: "A") }
    let found = columns.compactMap(\.self)
    #expect(found.first.map { $0 > 70 } == true)
    #expect(found.last == 8)
  }

  @Test func `of nothing is empty`() throws {
    let document = try Invented.document("{\"schema\":\"memreg.bench/1\",\"cases\":[]}")
    #expect(TerminalPlot(try #require(document.bench), width: 80, isUnicode: true).text == "")
  }
}
