import LinuxSystem
import Testing

@testable import Report

@Suite struct `A page` {
  private func count(_ part: String, in text: String) -> Int {
    text.split(separator: part, omittingEmptySubsequences: false).count - 1
  }

  private func everything() throws -> Page {
    Page(of: [
      try Invented.bench(memory: ["anonymous", "thp"], file: "before.json"),
      try Invented.bench(memory: ["anonymous", "thp"], base: 30_000, file: "after.json"),
      try Invented.check(
        kernel: "6.1",
        [("accounting.whole", "passed"), ("drivers.other", "failed")]
      ),
    ])
  }

  @Test func `needs neither network nor script`() throws {
    let page = try everything().html
    #expect(count(Page.policy, in: page) == 1)
    let html = page.split(separator: Page.policy).joined()
    for word in ["http", "<script", "src=", "url(", "@import", "<link"] {
      #expect(!html.contains(word), "\(word)")
    }
  }

  @Test func `has its headings in order, and a table, a title and a description for each figure`()
    throws
  {
    let html = try everything().html
    #expect(count("<h1", in: html) == 1)
    var level = 0
    for heading in html.split(separator: "<h").dropFirst().compactMap(\.first?.wholeNumberValue) {
      #expect(heading <= level + 1)
      level = heading
    }
    // Two of each benchmark, the comparison, and the checks.
    #expect(count("<figure ", in: html) == 6)
    for part in ["<svg role=\"img\"", "<desc id=", "<details>", "<figcaption>"] {
      #expect(count(part, in: html) == 6, "\(part)")
    }
    #expect(count("<table>", in: html) == count("<caption>", in: html))
    #expect(html.contains("<html lang=\"en\">"))
    #expect(html.contains("@media (prefers-color-scheme: dark)"))
    #expect(html.contains("@media print"))
  }

  @Test func `defines every colour that it uses for light, dark and paper`() throws {
    let style = StyleSheet.text
    let used = Set(
      style.split(separator: "var(--").dropFirst().map { $0.prefix { $0 != ")" } }
    )
    #expect(used.count == 16)
    for name in used { #expect(count("--\(name): #", in: style) == 3, "\(name)") }
  }

  @Test func `takes whatever documents hold for text`() throws {
    let evil = #"</style><script>alert(1)</script><img src=x onerror='y'>|`*_[x](y)&amp;"#
    let quoted = evil.split(separator: "'").joined(separator: "\\u0027")
    let steering = quoted + #"\u001b[31m\n# heading"#
    let documents = [
      try Invented.bench(
        host: steering,
        kernel: steering,
        driver: steering,
        memory: [quoted],
        file: evil
      ),
      try Invented.check(kernel: steering, [(steering, "failed"), (quoted, steering)]),
      try Invented.document(
        """
        {"schema":"memreg.fuzz/1","kernel":"\(steering)","answers":{"\(quoted)":1},
        "found":[{"difference":"\(steering)","script":["\(steering)"]}]}
        """
      ),
      try Invented.document(
        """
        {"schema":"memreg.coherence/1","device":"\(steering)","unexplained":["\(quoted)"],"counts":{"\(quoted)":1},
        "cells":[{"operation":"\(steering)","registration":"\(quoted)","memory":"\(quoted)","verdict":"\(quoted)"}]}
        """
      ),
      try Invented.document(
        """
        {"schema":"memreg.cache/1","trace":"\(steering)","winner":"\(quoted)",
        "policies":[{"policy":"\(steering)","pinned_bytes":[1,2]}]}
        """
      ),
      try Invented.document(
        """
        {"schema":"memreg.limits/1","process":"\(steering)","origin":{"summary":"\(steering)","remedy":"\(quoted)"}}
        """
      ),
    ]
    var fleet = Fleet()
    documents.forEach { fleet.add($0) }
    for page in [Page(of: documents), fleet.page] {
      #expect(!page.html.contains("<script"))
      #expect(!page.html.contains("<img"))
      #expect(count("</style>", in: page.html) == 1)
      #expect(page.html.contains("&lt;script&gt;alert(1)"))
      // What is indented is code to Markdown, and shown as it stands.
      let prose = page.markdown.split(separator: "\n").filter { !$0.hasPrefix("    ") }
      #expect(!prose.contains { $0.contains("<script") || $0.contains("[x](y)") })
      #expect(page.markdown.contains("&lt;script&gt;alert(1)"))
      #expect(!page.markdown.contains("\n# heading"))
      #expect(!page.html.contains("\u{1b}") && !page.markdown.contains("\u{1b}"))
    }
  }

  @Test(arguments: ["\u{301}", "\u{200d}", "\u{fe0f}", "\u{20dd}", "\u{600}", "\u{110bd}"])
  func `escapes what a mark joins before or after it`(mark: String) throws {
    let special = ["<", ">", "&", "\"", "'"].map { "\(mark)\($0)\(mark)" }.joined()
    let escaped = ["&lt;", "&gt;", "&amp;", "&quot;", "&#39;"].map { "\(mark)\($0)\(mark)" }
      .joined()
    #expect(Array(Markup.escaped(special).unicodeScalars) == Array(escaped.unicodeScalars))
    let host = "x\(mark)<img src=x y\(mark)>|\(mark)`\(mark)"
    let page = Page(of: [
      try Invented.document("{\"schema\":\"memreg.limits/1\",\"host\":\"\(host)\"}")
    ])
    #expect(!page.html.utf8.contains("<img".utf8) && page.html.utf8.contains("&lt;img".utf8))
    #expect(page.markdown.utf8.contains("&lt;img src=x y\(mark)&gt;\\|\(mark)\\`\(mark)".utf8))
  }

  @Test func `in Markdown makes no block and no link of what begins or holds a line`() {
    for (text, escaped) in [
      ("- a", "\\- a"), ("+", "\\+"), ("=", "\\="), ("1. a", "1\\. a"), ("12) a", "12\\) a"),
      ("1 a", "1 a"),
      ("    a", "&#32;&#32;&#32;&#32;a"), ("http://a", "http\\://a"), ("www.a", "www\\.a"),
      ("a@b.c", "a<!-- -->@b.c"), ("a\nb", "a?b"), ("", ""),
    ] {
      #expect(Markdown.paragraph(text) == escaped)
    }
  }

  @Test func `shows a question mark for what steers, reverses or hides text`() {
    let hidden =
      "\u{0}\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{200b}\u{200e}\u{2028}\u{2029}\u{202e}\u{2066}\u{feff}"
      + "\u{ffff}\u{e0041}\u{10fffe}"
    #expect(hidden.printable == String(repeating: "?", count: hidden.unicodeScalars.count))
    let kept = "a ~é\u{301}µ…\u{200d}\u{200c}\u{fffd}日本"
    #expect(kept.printable.unicodeScalars.elementsEqual(kept.unicodeScalars))
  }

  @Test(
    arguments: [
      "5e-324", "2.2e-308", "1e-300", "0.0009", "1e18", "1.7e308", "9223372036854775807", "1e400",
      "-1", "-0.0",
    ]
  )
  func `takes any number for a time or a size`(number: String) throws {
    let phase =
      #"{"phase":"register","p50_ns":\#(number),"p90_ns":\#(number),"samples_ns":[\#(number),1]}"#
    let document = """
      {"schema":"memreg.bench/1","environment":{"page_bytes":\(number)},"cases":[{"size_bytes":4096,
      "phases":[\(phase)]},{"size_bytes":\(number),"threads":\(number),"phases":[\(phase)]}],
      "models":[{"phase":"register","base_ns":\(number),"per_page_ps":\(number)}]}
      """
    guard let parsed = try? Invented.document(document) else {
      #expect(number == "1e400")
      return
    }
    for page in [Page(of: [parsed, parsed])] { #expect(page.html.utf8.count > 1000) }
    #expect(Scale.times([1, Double(number) ?? 1]).ticks.count < 250)
  }

  @Test func `in Markdown has as many cells in every row as titles`() throws {
    let tables = try everything().markdown.split(separator: "\n\n").filter { $0.hasPrefix("|") }
    #expect(tables.count > 6)
    for table in tables {
      let widths = Set(table.split(separator: "\n").map { count("|", in: String($0)) })
      #expect(widths.count == 1, "\(table.prefix(200))")
    }
  }
}
