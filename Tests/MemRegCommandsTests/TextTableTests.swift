import Testing

@testable import MemRegCommands

@Suite struct `A table` {
  private static let table = {
    var table = TextTable(
      [("name", .left), ("one", .right), ("none", .right), ("two", .right), ("three", .right)],
      leavingOut: ["three", "one", "none"]
    )
    table.append(["first", "1111", "-", "2222", "33333"])
    table.append(["second", "11", "-", "22"])
    return table
  }()

  @Test func `is whole where there is room`() {
    #expect(
      `A table`.table.text(width: 31) == """
        name     one  none   two  three
        first   1111     -  2222  33333
        second    11     -    22

        """
    )
  }

  @Test func `leaves out columns without a value first, then those it names in order`() {
    #expect(`A table`.table.text(width: 30).hasPrefix("name     one   two  three\n"))
    #expect(`A table`.table.text(width: 24).hasPrefix("name     one   two\n"))
    #expect(`A table`.table.text(width: 17).hasPrefix("name     two\n"))
  }

  @Test func `cuts its widest text if that is not enough, and has no line that is longer`() {
    var table = TextTable([("name", .left), ("why", .left)])
    table.append(["abc", String(repeating: "x", count: 200)])
    let text = table.text(width: 80)
    #expect(text == "name  why\nabc   \(String(repeating: "x", count: 73))~\n")
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test(arguments: [100, 80, 60, 40]) func `of bench has no line longer than the terminal`(
    width: Int
  ) {
    var table = TextTable(
      [("size", .right), ("", .left)] + (0..<13).map { ("column \($0)", .right) },
      leavingOut: (0..<13).map { "column \($0)" }
    )
    table.append(["64 KiB", "deregister"] + (0..<13).map { _ in "99.9 µs" })
    #expect(table.text(width: width).split(separator: "\n").allSatisfy { $0.count <= width })
  }

  @Test func `gives the column that fills the line what the others leave, at least 24`() {
    var table = TextTable(
      [("name", .left), ("size", .right), ("command", .left)],
      leavingOut: ["size", "command"],
      filling: "command"
    )
    table.append(["abc", "4 KiB", String(repeating: "x", count: 200)])
    let command = { (width: Int) in table.text(width: width).filter { "x~".contains($0) }.count }
    #expect(command(400) == 200)
    #expect(command(60) == 60 - 13)
    #expect(command(37) == 24)
    #expect(
      table.text(width: 36) == "name  command\nabc   \(String(repeating: "x", count: 29))~\n"
    )
    #expect(table.text(width: 29) == "name\nabc\n")
  }

  @Test func `has emphasis on cells, never on the spaces between or in foreign text`() {
    var table = TextTable([("name", .left), ("room", .right), ("note", .left)])
    table.append(["a\u{1b}[31mb", "0 B", ""], ["room": .bad, "note": .warning])
    #expect(
      table.styled(width: 80).rendered(inColour: true)
        == "name     room  note\na?[31mb   \u{1b}[1;31m0 B\u{1b}[0m\n"
    )
    #expect(table.text == "name     room  note\na?[31mb   0 B\n")
  }
}

@Suite struct `Colour` {
  @Test(
    arguments: [
      (true, nil, "xterm", true), (true, nil, "dumb", false), (true, nil, nil, false),
      (true, "1", "xterm", false), (false, nil, "xterm", false),
    ] as [(Bool, String?, String?, Bool)]
  )
  func `is for terminals that know it, unless NO_COLOR is set`(
    isTerminal: Bool,
    noColour: String?,
    type: String?,
    has: Bool
  ) {
    #expect(Terminal.hasColour(isTerminal: isTerminal, noColour: noColour, type: type) == has)
  }

  @Test func `is cut and split with the text, and foreign text cannot set it`() {
    let text: StyledText = "one " + StyledText("two\nthree", .bad) + "\u{1b}[31mfour"
    #expect(text.plain == "one two\nthree\u{1b}[31mfour")
    #expect(text.lines.map(\.plain) == ["one two", "three\u{1b}[31mfour"])
    #expect(text.lines[1].prefix(4).rendered(inColour: true) == "\u{1b}[1;31mthre\u{1b}[0m")
    #expect(text.prefix(6).rendered(inColour: true) == "one \u{1b}[1;31mtw\u{1b}[0m")
    #expect(text.rendered(inColour: false) == "one two\nthree?[31mfour")
  }
}
