import Testing

@testable import Report

@Suite struct `A figure` {
  private func figures(_ documents: [ReportDocument]) -> [Figure] {
    Page(of: documents).sections.flatMap(\.blocks)
      .compactMap { if case .figure(let figure) = $0 { figure } else { nil } }
  }

  /// The positions of the marks of a style, in the order in which they were drawn.
  private func circles(_ figure: Figure, _ style: String) -> [(x: Double, y: Double)] {
    figure.drawing.elements.split(separator: "\n")
      .filter { $0.hasPrefix("<circle") && $0.hasSuffix("class=\"\(style)\"/>") }
      .compactMap { line in
        let parts = line.split(separator: "\"")
        guard let x = Double(parts[1]), let y = Double(parts[3]) else { return nil }
        return (x, y)
      }
  }

  @Test func `of costs has the document's percentiles in its table`() throws {
    let figure = try #require(figures([try Invented.bench()]).first)
    #expect(figure.title == "Cost against size")
    let row = try #require(figure.tables.first?.rows.first)
    // 20 µs and 240 ns for one page; p90 is twice, p99 ten times that.
    #expect(
      row == [
        "4 KiB", "register", "30", "20.2 µs", "20.2 µs", "40.5 µs", "202 µs", "405 µs", "405 µs",
        "20.2 µs", "240.0", "1",
      ]
    )
    #expect(figure.tables.first?.rows.count == 6)
    #expect(figure.description.contains("register from 20.2 µs at 4 KiB to 81.4 µs at 1 MiB"))
  }

  @Test func `of costs puts marks where both logarithmic axes say`() throws {
    let figure = try #require(figures([try Invented.bench()]).first)
    let marks = circles(figure, "f0")
    #expect(marks.count == 3)
    // 4 KiB, 64 KiB and 1 MiB are equally far from each other.
    #expect(abs((marks[1].x - marks[0].x) - (marks[2].x - marks[1].x)) < 0.2)
    let y = Scale.times([20_240, 814_400, 5_060, 20_240 * 10, 81_440])
    #expect(y.lower == 5_000)
    #expect(y.upper == 1_000_000)
    let heights = [20_240.0, 23_840, 81_440].map { 46 + (1 - y.share($0)) * 170 }
    for (mark, height) in zip(marks, heights) { #expect(abs(mark.y - height) < 0.2) }
  }

  @Test func `of costs shows the fitted cost`() throws {
    let figure = try #require(figures([try Invented.bench()]).first)
    #expect(figure.drawing.elements.contains("fitted 20.0 µs + 240 ns/page, R² 0.998"))
    #expect(figure.drawing.elements.contains("class=\"model\""))
  }

  @Test func `of several series puts them side by side`() throws {
    let figure = try #require(
      figures([try Invented.bench(memory: ["anonymous", "thp", "memfd"])]).dropFirst().first
    )
    let table = try #require(figure.tables.first)
    #expect(table.columns.count == 4)
    // Both medians of one page: 20240 and 5060 ns.
    #expect(table.rows.first == ["4 KiB", "25.3 µs", "25.3 µs", "25.3 µs"])
    for name in ["verbs, anonymous", "verbs, thp", "verbs, memfd"] {
      #expect(figure.drawing.elements.contains(">\(name)</text>"))
    }
  }

  @Test func `of stages divides a bar by the parts of a call`() throws {
    let stages = """
      "stages":[{"phase":"register","calls":200,"lost_calls":0,"traced_p50_ns":20000,"kernel_ns":18000,
      "traced_ratio_ppm":1100000,"traced_ratio_low_ppm":1050000,"traced_ratio_high_ppm":1200000,
      "parts_ns":{"uverbs":4000,"driver":2000,"map":2000,"fault":0,"pin":10000,"migrate":0,"release":0}}],
      """
    let document = try Invented.bench(sizes: [65_536], stages: stages)
    let figure = try #require(figures([document]).last)
    #expect(figure.title == "Where the time goes in the kernel")
    #expect(
      figure.tables.first?.rows == [
        [
          "64 KiB", "register", "200", "0", "20.0 µs", "4.00 µs", "2.00 µs", "2.00 µs", "-",
          "10.0 µs", "-", "-", "2.00 µs", "1.100", "1.050 to 1.200",
        ]
      ]
    )
    // The bar is 764 wide, and pinning half of it: it begins after 4 + 2 + 2 of 20 parts.
    let pin = try #require(
      figure.drawing.elements.split(separator: "\n").filter { $0.contains("\"narrow f4\"") }.last
    )
    #expect(pin.contains("x=\"401.6\""))
    #expect(pin.contains("width=\"382\""))
    #expect(figure.drawing.elements.contains(">pin 50 %</text>"))
    #expect(
      figure.description.contains("verbs, anonymous: register, 64 KiB: 20.0 µs, of that pin 50 %")
    )
    let without = figures([try Invented.bench()]).map(\.title)
    #expect(!without.contains("Where the time goes in the kernel"))
  }

  @Test func `of a comparison has ratios with their intervals`() throws {
    let before = try Invented.bench(file: "a.json")
    let after = try Invented.bench(base: 40_000, file: "b.json")
    let figure = try #require(figures([before, after]).last)
    let rows = try #require(figure.tables.first).rows
    #expect(rows.count == 6)
    #expect(
      rows.first == [
        "verbs, anonymous, populated", "4 KiB", "register", "20.2 µs", "40.2 µs", "1.988",
        "1.988 to 1.988", "slower",
      ]
    )
    let same = try #require(figures([before, before]).last?.tables.first)
    #expect(same.rows.allSatisfy { $0.last == "no difference shown" })
  }

  @Test
  func
    `of a comparison counts no difference below 5 %, though no sample of one is among the other's`()
    throws
  {
    let before = try Invented.bench(file: "a.json")
    // 20.2 and 20.7 µs for one page: 2.5 %, with an interval of no width.
    let after = try Invented.bench(base: 20_500, file: "b.json")
    let page = Page(of: [before, after])
    let rows = try #require(figures([before, after]).last?.tables.first).rows
    #expect(rows.filter { $0[2] == "register" }.allSatisfy { $0.last == "less than 5 % apart" })
    #expect(
      page.markdown.contains("6 medians compared: 0 slower, 0 faster by more than 5 %, the others")
    )
    let slower = try Invented.bench(base: 22_000, file: "b.json")
    #expect(
      figures([before, slower]).last?.tables.first?.rows.first?.last == "slower"
    )
  }

  @Test func `of panels side by side has them again in one column, by reference`() throws {
    let html = Page(of: [try Invented.bench()]).html
    let count = { (part: String) in html.ranges(of: part).count }
    #expect(count("<svg class=\"stacked\"") == 1)
    #expect(count("<svg role=\"img\" class=\"across\"") == 1)
    #expect(count("<g id=\"figure-1-panel-") == 2)
    #expect(count("<use href=\"#figure-1-panel-") == 2)
    // The second of two panels of 480 by 250 stands below the first.
    #expect(html.contains("<use href=\"#figure-1-panel-0\" x=\"0\" y=\"0\"/>"))
    #expect(html.contains("<use href=\"#figure-1-panel-1\" x=\"-480\" y=\"250\"/>"))
    #expect(html.contains("viewBox=\"0 0 480 500\""))
  }

  @Test func `compares nothing where no case is in both`() throws {
    let documents = [try Invented.bench(sizes: [4096]), try Invented.bench(sizes: [8192])]
    #expect(!Page(of: documents).markdown.contains("Ratio of medians"))
  }

  @Test func `of checks counts verdicts by group, and names what differs`() throws {
    let documents = [
      try Invented.check(
        kernel: "6.1",
        [("accounting.a", "passed"), ("accounting.b", "known_defect"), ("drivers.c", "skipped")]
      ),
      try Invented.check(kernel: "7.3", [("accounting.a", "passed"), ("accounting.b", "failed")]),
    ]
    let figure = try #require(figures(documents).first)
    for text in ["1 passed, 1 known defect", "1 passed, 1 failed", "1 skipped", "not run"] {
      #expect(figure.drawing.elements.contains(">\(text)</text>"), "\(text)")
    }
    #expect(
      figure.tables.first?.rows == [
        ["accounting.a", "passed", "passed"], ["accounting.b", "known defect", "failed"],
        ["drivers.c", "skipped", "not run"],
      ]
    )
    let markdown = Page(of: documents).markdown
    #expect(
      markdown.contains(
        "| accounting.b | known defect | failed | It holds. | 6.1: the charge: expected 1 page, observed 2 pages |"
      )
    )
    #expect(!markdown.contains("| accounting.a | passed | passed | It holds."))
  }

  @Test func `of coherence frames what is unexplained`() throws {
    let cells = [("unmap", "diverged"), ("none", "coherent")]
      .map { operation, verdict in
        """
        {"operation":"\(operation)","registration":"pinned","memory":"memfd","verdict":"\(verdict)"}
        """
      }
    let document = try Invented.document(
      """
      {"schema":"memreg.coherence/1","device":"rxe0","kernel":"7.3","counts":{"coherent":1,"diverged":1},
      "unexplained":["unmap/pinned/memfd"],"cells":[\(cells.joined(separator: ","))]}
      """
    )
    let figure = try #require(figures([document]).first)
    #expect(figure.tables.first?.rows == [["unmap", "diverged"], ["none", "coherent"]])
    #expect(figure.drawing.elements.split(separator: "class=\"frame\"").count == 2)
    #expect(Page(of: [document]).markdown.contains("Unexplained: unmap/pinned/memfd."))
  }

  @Test func `of a cache has the pinned bytes of every look`() throws {
    let document = try Invented.document(
      """
      {"schema":"memreg.cache/1","kernel":"7.3","trace":"ring","uses":4,"winner":"cache","policies":[
      {"policy":"none","pinned_bytes":[4096,8192],"pinned_peak_bytes":8192,"elapsed_ns":2000},
      {"policy":"cache","pinned_bytes":[65536,131072],"pinned_peak_bytes":131072,"elapsed_ns":1000}]}
      """
    )
    let figure = try #require(figures([document]).first)
    #expect(
      figure.tables.first?.rows == [
        ["50.0 %", "4 KiB", "64 KiB"], ["100.0 %", "8 KiB", "128 KiB"],
      ]
    )
  }
}

@Suite struct `Panels` {
  @Test func `of one series stand beside each other, and series of one curve share rows`() {
    let grid = PanelGrid(of: [2, 1, 1, 1, 2], height: 100, margins: (0, 0, 0, 0))
    let places = grid.places.map { $0.map { [$0.row, $0.column] } }
    #expect(
      places == [[[0, 0], [0, 1]], [[1, 0]], [[1, 1]], [[2, 0]], [[3, 0], [3, 1]]]
    )
    #expect(grid.drawing.height == 400)
    #expect(PanelGrid(of: [1], height: 100, margins: (0, 0, 0, 0)).drawing.height == 150)
  }
}

@Suite struct `A long name` {
  @Test func `leaves out that pages are populated where they all are`() {
    let names = ["verbs, thp, populated", "odp, thp, populated, 2 threads"]
    #expect(CostSeries.shortened(names) == ["verbs, thp", "odp, thp, 2 threads"])
    #expect(CostSeries.shortened(names + ["odp, thp, cold"]) == names + ["odp, thp, cold"])
  }

  @Test func `is cut to what fits, and the operation is not`() {
    #expect(Drawing.fitted("verbs, thp", to: 100) == "verbs, thp")
    #expect(Drawing.fitted("verbs, file:/a/very/long/path", to: 100) == "verbs, file:…")
    let panel = Panel(left: 0, top: 0, width: 200, height: 100, x: .percent, y: .percent)
    var drawing = Drawing(width: 260, height: 100)
    // 260 pixels are 30 letters of 8.4, 12 of them of the operation.
    panel.drawTitle("verbs, file:/a/very/long/path", "deregister", above: 0, in: &drawing)
    #expect(drawing.elements.contains(">verbs, file:/a/ve…: deregister</text>"))
  }
}

@Suite struct `An axis` {
  @Test func `of times is marked at round numbers`() {
    let scale = Scale.times([12_300, 4_100_000])
    #expect(scale.lower == 10_000)
    #expect(scale.upper == 5_000_000)
    #expect(scale.ticks.compactMap(\.label) == ["10 µs", "100 µs", "1 ms"])
    #expect(Scale.times([130, 170]).ticks.compactMap(\.label) == ["100 ns", "200 ns"])
  }

  @Test func `of sizes is marked at powers of two, as many as there is room for`() {
    #expect(
      Scale.sizes([4096, 67_108_864], room: 5).ticks.compactMap(\.label)
        == ["4 KiB", "32 KiB", "256 KiB", "2 MiB", "16 MiB"]
    )
    #expect(Scale.sizes([4096], room: 5).ticks.count == 3)
  }

  @Test func `of ratios holds 1 and all values`() {
    let scale = Scale.ratios([0.8, 1.6])
    #expect(scale.lower < 0.8 && scale.upper > 1.6)
    #expect(scale.ticks.contains { $0.value == 1 })
  }

  @Test func `of bytes begins at nothing`() {
    #expect(
      Scale.bytes(upTo: 6_600_000).ticks.map(\.label) == [
        "0 B", "2 MiB", "4 MiB", "6 MiB", "8 MiB",
      ]
    )
  }
}

@Suite struct `Labels at the ends of lines` {
  @Test func `are moved apart, and stay above the axis`() {
    let panel = Panel(left: 0, top: 0, width: 100, height: 100, x: .percent, y: .percent)
    var drawing = Drawing(width: 200, height: 100)
    panel.drawEndLabels(
      (0..<4).map { EndLabel(text: "\($0)", colour: 0, y: 95) },
      in: &drawing
    )
    let heights = drawing.elements.split(separator: "<text ").dropFirst()
      .compactMap { element -> Double? in
        let parts = element.split(separator: "\"")
        return parts.count > 3 ? Double(parts[3]) : nil
      }
    #expect(heights == [65.0, 78.0, 91.0, 104.0])
  }
}
