import Documents

extension TopSample {
  /// The sample for people, as wide as the terminal has room for.
  var text: String { styled(by: .process, in: .pinned).plain }

  /// The system's account, then a row per process, under what `grouping` says.
  func styled(by grouping: TopGrouping, in order: TopOrder, width: Int? = nil) -> StyledText {
    let width = width ?? Terminal.textColumns
    guard !processes.isEmpty else { return "\(account)\n\nno process has pinned memory\n" }
    let body: StyledText =
      grouping == .process
      ? list.styled(width: width)
      : TopSample.tree(groups(by: grouping, in: order)).styled(width: width)
    return StyledText("\(account)\n\n") + body
  }

  // What is left out on a narrow terminal, the first one first; what identifies a process and what it pins stays.
  private static let leftOut = [
    "cgroup", "locked", "residual", "rate", "mr bytes", "limit", "devices", "user", "container",
    "command", "mrs", "job", "headroom",
  ]

  private static let numbers: [Column] = [
    ("pinned", .right), ("rate", .right), ("mr bytes", .right), ("mrs", .right),
    ("residual", .right), ("locked", .right), ("limit", .right), ("headroom", .right),
  ]

  private typealias Column = (title: String, alignment: TextTable.Alignment)

  private static let listed: [Column] = [
    ("pid", .right), ("user", .left), ("name", .left), ("job", .left), ("container", .left),
  ]
  private static let last: [Column] = [("devices", .left), ("cgroup", .left), ("command", .left)]

  private var list: TextTable {
    var table = TextTable(
      TopSample.listed + TopSample.numbers + TopSample.last,
      leavingOut: TopSample.leftOut,
      filling: "command"
    )
    for process in processes {
      var cells = [String(process.pid), process.user, process.name]
      cells += [process.jobText ?? "-", process.containerText ?? "-"]
      cells += process.numbers
      cells += [process.devicesText, process.groupText, process.commandLine ?? "-"]
      table.append(cells, process.styles)
    }
    return table
  }

  private static func tree(_ groups: [TopGroup]) -> TextTable {
    let (group, command): (Column, Column) = (("group", .left), ("command", .left))
    var table = TextTable(
      [group] + numbers + [command],
      leavingOut: leftOut,
      filling: "command"
    )
    func add(_ group: TopGroup, depth: Int) {
      let indent = String(repeating: "  ", count: depth)
      table.append(
        [indent + TopGroup.short(group.label, columns: 40)] + group.numbers,
        group.totals.hasDefect ? ["group": .strong, "pinned": .bad] : ["group": .strong]
      )
      for process in group.processes {
        table.append(
          ["\(indent)  \(process.pid) \(process.name)"] + process.numbers
            + [process.commandLine ?? "-"],
          process.styles
        )
      }
      group.groups.forEach { add($0, depth: depth + 1) }
    }
    groups.forEach { add($0, depth: 0) }
    return table
  }

  private var account: String {
    let accounted = "pinned by processes \(ByteSize.signed(accountedBytes))"
    guard let system = systemPinnedBytes, let rest = unaccountedBytes else { return accounted }
    let others =
      isInChildPidNamespace == true
      ? "by none that is visible from this pid namespace" : "without a process"
    return "\(accounted), by the whole system \(ByteSize.signed(system)), "
      + "\(others) \(ByteSize.signed(rest))"
  }
}

extension TopGroup {
  fileprivate var numbers: [String] {
    let pins = [
      ByteSize.signed(totals.pinnedBytes),
      totals.pinnedBytesPerSecond.map { "\(ByteSize.signed($0))/s" } ?? "-",
      ByteSize.text(totals.mrBytes), String(totals.mrs), ByteSize.signed(totals.residualBytes),
      ByteSize.text(totals.lockedBytes), "-", "-", "",
    ]
    guard !hasPins else { return pins }
    return pins.enumerated().map { [0, 1, 4, 5].contains($0) ? "-" : $1 }
  }
}
