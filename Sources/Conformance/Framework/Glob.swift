/// Patterns with `*` for any run of characters.
enum Glob {
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
      .map { Array($0.utf8) }
    let text = Array(text.utf8)
    guard parts.count > 1, let first = parts.first, let last = parts.last else {
      return pattern.utf8.elementsEqual(text)
    }
    guard text.count >= first.count + last.count, text.starts(with: first),
      text.suffix(last.count).elementsEqual(last)
    else { return false }
    var rest = text[first.count..<text.count - last.count]
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard
        let found = rest.indices.first(where: {
          rest[$0...].prefix(part.count).elementsEqual(part)
        })
      else { return false }
      rest = rest[(found + part.count)...]
    }
    return true
  }
}
