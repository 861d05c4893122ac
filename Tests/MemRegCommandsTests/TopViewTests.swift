import Documents
import Testing

@testable import MemRegCommands

@Suite struct `The live view of memreg top` {
  private func view(_ keys: String) -> TopView {
    var view = TopView(order: .pinned, filter: "old")
    keys.forEach { view.press($0) }
    return view
  }

  @Test(
    arguments: [
      ("", TopOrder.pinned), ("h", .headroom), ("m", .mrs), ("r", .rate), ("i", .pid),
      ("hp", .pinned), ("x?", .pinned),
    ] as [(String, TopOrder)]
  )
  func `sorts by the last key that names an order`(keys: String, order: TopOrder) {
    #expect(view(keys).order == order)
    #expect(view(keys).filter == "old")
  }

  @Test(
    arguments: [
      ("/ab\r", "ab"), ("/ab", "old"), ("/\r", nil), ("\u{1b}", nil), ("/ab\u{1b}", "old"),
      ("/ab\u{7f}c\n", "ac"), ("/\u{7f}q\r", "q"), ("/a\tb\r", "ab"),
    ] as [(String, String?)]
  )
  func `takes a filter between slash and Return`(keys: String, filter: String?) {
    #expect(view(keys).filter == filter)
    #expect(!view(keys).isEnded)
    #expect(view(keys).order == .pinned)
  }

  @Test func `ends by q, and shows what is chosen and what is typed`() {
    #expect(view("q").isEnded)
    #expect(view("m").caption.contains("[m mrs]"))
    #expect(view("m").caption.contains("/ filter: old"))
    #expect(view("/rx").caption == "filter: rx_")
  }

  @Test(
    arguments: [
      ("", "old"), ("/", nil), ("/ab", "ab"), ("/ab\u{7f}", "a"), ("/ab\u{1b}", "old"),
      ("/ab\r", "ab"), ("/\r", nil),
    ] as [(String, String?)]
  )
  func `filters while the filter is typed`(keys: String, filter: String?) {
    #expect(view(keys).shownFilter == filter)
  }

  @Test func `shows the keys by a question mark until any key, which does nothing else`() {
    let sample = TopSample(timeUnixNs: 1, systemPinnedBytes: nil, accountedBytes: 0, processes: [])
    #expect(view("?").showsKeys)
    #expect(view("?").picture(of: sample, columns: 100) == StyledText(TopView.help))
    #expect(!view("?q").isEnded)
    #expect(!view("?q").showsKeys)
    #expect(view("?m").order == .pinned)
    #expect(view("/?").entry == "?")
    for key in ["p", "h", "m", "r", "i", "b", "/", "?", "q"] {
      #expect(TopView.help.contains("\n\(key)  ") || TopView.help.hasPrefix("\(key)  "), "\(key)")
    }
    #expect(TopView.help.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test(
    arguments: [
      ("", TopGrouping.process), ("b", .cgroup), ("bb", .job), ("bbb", .device), ("bbbb", .process),
    ]
  )
  func `changes the tree by b`(keys: String, grouping: TopGrouping) {
    #expect(view(keys).grouping == grouping)
  }

  @Test func `fits the window and erases only behind what it writes`() {
    let picture = LiveScreen.picture("one\ntwo\nthree\nfour", rows: 4, columns: 3)
    #expect(picture == "\u{1b}[Hone\u{1b}[K\ntwo\u{1b}[K\nthr\u{1b}[K\u{1b}[J")
    #expect(!picture.contains("\u{1b}[2J"))
  }

  @Test func `passes nothing on that steers a terminal`() {
    var table = TextTable([("name", .left)])
    table.append(["a\u{1b}[2Jb"])
    #expect(table.text == "name\na?[2Jb\n")
  }
}
