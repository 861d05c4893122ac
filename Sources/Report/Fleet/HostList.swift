/// Names of hosts as schedulers write them: node[001-016,020],login1.
enum HostList {
  /// The shortest form of `names`, cut after `limit` characters with the number of those that are left out.
  static func text(_ names: [String], limit: Int = 160) -> String {
    var groups: [String: [(number: Int, digits: String)]] = [:]
    var plain: [String] = []
    for name in Set(names) {
      let digits = String(name.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
      guard !digits.isEmpty, digits.count < 18, let number = Int(digits) else {
        plain.append(name)
        continue
      }
      // Numbers of different widths are different names: node1 is not node01.
      let width = digits.hasPrefix("0") ? digits.count : 0
      groups["\(name.dropLast(digits.count))\u{0}\(width)", default: []].append((number, digits))
    }
    var parts = plain.sorted().map { (text: $0, count: 1) }
    for (key, numbers) in groups.sorted(by: { $0.key < $1.key }) {
      parts.append((group(String(key.prefix { $0 != "\u{0}" }), numbers), numbers.count))
    }
    return joined(parts, limit: limit)
  }

  private static func group(_ prefix: String, _ numbers: [(number: Int, digits: String)]) -> String
  {
    let sorted = numbers.sorted { $0.number < $1.number }
    guard sorted.count > 1 else { return prefix + (sorted.first?.digits ?? "") }
    var ranges: [String] = []
    var index = 0
    while index < sorted.count {
      var end = index
      while end + 1 < sorted.count, sorted[end + 1].number == sorted[end].number + 1 { end += 1 }
      ranges.append(
        end == index ? sorted[index].digits : "\(sorted[index].digits)-\(sorted[end].digits)"
      )
      index = end + 1
    }
    return "\(prefix)[\(ranges.joined(separator: ","))]"
  }

  private static func joined(_ parts: [(text: String, count: Int)], limit: Int) -> String {
    var text = ""
    var left = parts.reduce(0) { $0 + $1.count }
    let total = left
    for part in parts {
      let next = text.isEmpty ? part.text : "\(text),\(part.text)"
      guard next.count <= limit else {
        if text.isEmpty { return "\(part.text.prefix(limit))… (\(total) hosts)" }
        return "\(text) and \(left) more"
      }
      text = next
      left -= part.count
    }
    return text
  }
}
