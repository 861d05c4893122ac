/// What a person has chosen to see by keys.
struct TopView: Equatable {
  private(set) var order: TopOrder
  private(set) var filter: String?
  /// The filter while it is being typed.
  private(set) var entry: String?
  private(set) var isEnded = false

  private static let keys: [(key: Character, order: TopOrder)] = [
    ("p", .pinned), ("h", .headroom), ("m", .mrs), ("r", .rate), ("i", .pid),
  ]

  init(order: TopOrder, filter: String?) {
    self.order = order
    self.filter = filter
  }

  /// Does what the key says; one without a meaning does nothing.
  mutating func press(_ key: Character) {
    guard let text = entry else { return command(key) }
    switch key {
    case "\r", "\n":
      filter = text.isEmpty ? nil : text
      entry = nil
    case "\u{1b}": entry = nil
    case "\u{7f}", "\u{8}": entry = String(text.dropLast())
    default:
      guard key.unicodeScalars.allSatisfy({ $0.value >= 0x20 }), text.count < 64 else { return }
      entry = text + String(key)
    }
  }

  private mutating func command(_ key: Character) {
    switch key {
    case "q", "Q": isEnded = true
    case "/": entry = ""
    case "\u{1b}": filter = nil
    default:
      if let known = TopView.keys.first(where: { $0.key == key }) { order = known.order }
    }
  }

  /// The line above the table: what is chosen, and the keys.
  var caption: String {
    if let entry { return "filter: \(entry)_" }
    let orders = TopView.keys.map {
      $0.order == order ? "[\($0.key) \($0.order)]" : "\($0.key) \($0.order)"
    }
    return "sort: \(orders.joined(separator: " "))  / filter: \(filter ?? "none")  q quit"
  }
}
