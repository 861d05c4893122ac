import Testing

@testable import MemRegCommands

@Suite struct `A word that is no command` {
  @Test(arguments: [
    ("bnech", "unknown command 'bnech'; did you mean 'bench'?"),
    ("help traec", "unknown command 'traec'; did you mean 'trace'?"),
    ("rxe dwon", "unknown command 'dwon'; did you mean 'down'?"),
    ("help nosuch", "unknown command 'nosuch'; `memreg --help` lists the commands"),
    ("rxe sideways", "unknown command 'sideways'; `memreg rxe --help` lists the commands"),
    ("xy", "unknown command 'xy'; `memreg --help` lists the commands"),
  ])
  func `is refused with the command that comes near it`(line: String, message: String) {
    #expect(
      MemRegCommand.unknownCommand(in: line.split(separator: " ").map(String.init)) == message
    )
  }

  @Test(arguments: [
    "", "bench", "help", "help bench", "rxe up", "rxe", "--version", "check data", "cache bnech",
  ])
  func `is not looked for among options and arguments`(line: String) {
    #expect(MemRegCommand.unknownCommand(in: line.split(separator: " ").map(String.init)) == nil)
  }
}
