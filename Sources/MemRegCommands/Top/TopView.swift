import Documents

/// What a person has chosen to see by keys.
struct TopView: Equatable {
  private(set) var order: TopOrder
  private(set) var grouping: TopGrouping
  private(set) var filter: String?
  /// The filter while it is being typed.
  private(set) var entry: String?
  private(set) var showsKeys = false
  private(set) var isEnded = false

  private static let keys: [(key: Character, order: TopOrder)] = [
    ("p", .pinned), ("h", .headroom), ("m", .mrs), ("r", .rate), ("i", .pid),
  ]

  /// What the keys do, a line each.
  static let help = """
    p  sort by what is pinned, most first
    h  sort by headroom, least first
    m  sort by the number of memory regions
    r  sort by the rate at which pins grow
    i  sort by process id
    b  put the processes under the next of: process (a plain list), cgroup, job, device
    /  filter by name, user, command line, control group, Pod or container, or by the whole id of a
       process or Slurm job, or a device; it narrows while you type. Return keeps it, Escape drops it
    ?  these keys; any key goes back
    q  quit

    headroom  what the limit still lets the process pin; "!" and colour: less than a tenth of it
    residual  pinned beyond the lengths of its regions: io_uring, vdpa and pages touched in part
    """

  init(order: TopOrder, grouping: TopGrouping = .process, filter: String?) {
    self.order = order
    self.grouping = grouping
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
    if showsKeys {
      showsKeys = false
      return
    }
    switch key {
    case "q", "Q": isEnded = true
    case "/": entry = ""
    case "?": showsKeys = true
    case "b": grouping = grouping.next
    case "\u{1b}": filter = nil
    default:
      if let known = TopView.keys.first(where: { $0.key == key }) { order = known.order }
    }
  }

  /// The filter that applies: the one being typed, as far as it is.
  var shownFilter: String? { entry.map { $0.isEmpty ? nil : $0 } ?? filter }

  /// The line above the table: what is chosen, and the keys.
  var caption: String {
    if let entry { return "filter: \(entry)_" }
    let orders = TopView.keys.map {
      $0.order == order ? "[\($0.key) \($0.order)]" : "\($0.key) \($0.order)"
    }
    return "sort: \(orders.joined(separator: " "))  / filter: \(filter ?? "none")  q quit  ? keys"
  }

  /// What is drawn of `sample` in a window of so many columns.
  func picture(of sample: TopSample, columns: Int) -> StyledText {
    guard !showsKeys else { return StyledText(TopView.help) }
    let shown = sample.arranged(by: order, matching: shownFilter)
    return StyledText(caption + "\n") + shown.styled(by: grouping, in: order, width: columns)
  }
}
