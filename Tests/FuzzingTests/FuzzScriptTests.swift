import Fuzzing
import Testing
import Verbs

@Suite struct `A script of fuzz` {
  @Test func `reads what it writes`() throws {
    let script = FuzzScript([
      .map(.memfdPrivate, first: 0, count: 64, .read), .unmap(first: 3, count: 1),
      .protect(first: 1, count: 2, .none), .move(first: 0, count: 8, to: 32),
      .discard(first: 5, count: 5), .register(7, offset: 4095, length: 2, [.localWrite]),
      .deregister(7), .limit(nil), .limit(32_767), .privilege(false),
      .fork(deregister: 3, offset: 0, length: 4096),
    ])
    #expect(try FuzzScript(parsing: "# remark\n\n" + script.text) == script)
  }

  @Test(
    arguments: [
      "nonsense", "register 1 2", "map anonymous 60 5 write", "map anonymous 0 0 write",
      "unmap -1 2", "limit -5", "move 0 8 60", "register 1 0 4096 3", "privilege maybe",
      "deregister 99999999999999999999",
    ]
  )
  func `that is wrong names the line`(line: String) {
    #expect(throws: FuzzScript.Problem.notAnOperation(line: 2, text: line)) {
      try FuzzScript(parsing: "unmap 0 1\n\(line)\n")
    }
  }

  @Test(arguments: ["", "\n", "# remark\n", " \t\n\n# remark"])
  func `without an operation is refused`(text: String) {
    #expect(throws: FuzzScript.Problem.noOperations) { try FuzzScript(parsing: text) }
  }
}
