import Documents

extension TopSample {
  /// The sample for people: the system's account, then a row per process.
  var text: String {
    var table = TextTable([
      ("pid", .right), ("user", .left), ("name", .left), ("pinned", .right), ("rate", .right),
      ("mr bytes", .right), ("mrs", .right), ("residual", .right), ("locked", .right),
      ("limit", .right), ("headroom", .right), ("devices", .left),
    ])
    for process in processes { table.append(process.cells) }
    let body = processes.isEmpty ? "no process has pinned memory\n" : table.text
    return "\(account)\n\n\(body)"
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

extension TopSample.Process {
  fileprivate var cells: [String] {
    [
      String(pid), user, name, ByteSize.pinned(pinnedBytes),
      pinnedBytesPerSecond.map { "\(ByteSize.signed($0))/s" } ?? "-",
      ByteSize.text(mrBytes), String(mrs), ByteSize.signed(residualBytes),
      ByteSize.text(lockedBytes), limitText, headroomBytes.map { ByteSize.text($0) } ?? "-",
      devices.isEmpty ? "-" : devices.joined(separator: ","),
    ]
  }

  private var limitText: String {
    guard let limitBytes else { return "-" }
    return limitBinds ? ByteSize.text(limitBytes) : "(\(ByteSize.text(limitBytes)))"
  }
}
