import ArgumentParser

extension MemRegCommand {
  /// What is wrong with the first of `words` that should name a command and does not; the parser would take it for an
  /// argument too many, and `help` would show the commands instead.
  static func unknownCommand(in words: [String]) -> String? {
    var command: any ParsableCommand.Type = MemRegCommand.self
    var path = "memreg"
    for word in words.first == "help" ? words.dropFirst() : words[...] {
      let commands = command.configuration.subcommands
      guard !commands.isEmpty, !word.hasPrefix("-") else { return nil }
      guard let next = commands.first(where: { $0._commandName == word }) else {
        let near = nearest(to: word, in: commands.map { $0._commandName })
        return "unknown command '\(word)'; "
          + (near.map { "did you mean '\($0)'?" } ?? "`\(path) --help` lists the commands")
      }
      command = next
      path += " \(word)"
    }
    return nil
  }

  /// The name that takes the fewest changes, of at most two and fewer than it has letters.
  private static func nearest(to word: String, in names: [String]) -> String? {
    let typed = Array(word.utf8.prefix(32))
    let all = names.map { (name: $0, distance: distance(from: typed, to: Array($0.utf8))) }
    return all.filter { $0.distance <= 2 && $0.distance < $0.name.utf8.count - 1 }
      .min { $0.distance < $1.distance }?
      .name
  }

  /// How many letters are put in, left out or replaced.
  private static func distance(from word: [UInt8], to name: [UInt8]) -> Int {
    var row = Array(0...name.count)
    for (index, letter) in word.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in name.indices {
        let changed = diagonal + (name[column] == letter ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(changed, min(diagonal, row[column]) + 1)
      }
    }
    return row[name.count]
  }
}
