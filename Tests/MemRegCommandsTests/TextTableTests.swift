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
}
