import Documents
import LinuxSystem

extension UserLimitsReport {
  /// A table of the processes, those that pin most first, below what the next login gets.
  var text: String {
    var table = TextTable([
      ("pid", .right), ("process", .left), ("limit", .right), ("pinned", .right),
    ])
    for process in processes.sorted(by: { ($1.pinnedBytes, $0.pid) < ($0.pinnedBytes, $1.pid) }) {
      let limit =
        process.isLimitHidden
        ? "hidden" : process.liftsLimit ? "lifted" : LimitsReport.size(process.softBytes)
      table.append([
        "\(process.pid)", process.process, limit, ByteSize.pinned(process.pinnedBytes),
      ])
    }
    let login =
      isLoginConfigured
      ? LimitsReport.size(loginSoftBytes) : "what the service gives, as limits.conf is silent"
    let head =
      "\(user) (\(userId)): next login \(login); \(ByteSize.pinned(pinnedBytes)) pinned now"
    return ([head] + lines.map { "  \($0)" } + [""]).printableLines + table.text
  }
}
