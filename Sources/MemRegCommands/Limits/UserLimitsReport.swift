import Diagnosis
import HostMemory
import LinuxSystem

/// What the processes of a user may pin and what its next login gets; the JSON document as it stands.
struct UserLimitsReport: Encodable {
  struct Process: Encodable {
    let pid: Int32
    let process: String
    let softBytes: UInt64?
    let isLimitHidden: Bool
    let liftsLimit: Bool
    let pinnedBytes: Int64
  }

  let schema = "memreg.user-limits/1"
  let user: String
  let userId: UInt32
  /// The memlock lines of limits.conf that decide about the user's next login.
  let lines: [String]
  let loginSoftBytes: UInt64?
  let isLoginConfigured: Bool
  let pinnedBytes: Int64
  let processes: [Process]

  /// Reads limits.conf and all processes of `account` in sight.
  init(_ account: UserAccount) {
    user = account.name
    userId = account.id
    let decisive = PAMLimits().lines(for: account)
    var evidence = [decisive.soft, decisive.hard].compactMap { $0?.evidence }
    if evidence.count == 2, evidence[0] == evidence[1] { evidence.removeLast() }
    lines = evidence
    loginSoftBytes = decisive.soft?.bytes
    isLoginConfigured = decisive.soft != nil
    processes = ProcessList.all().compactMap { Process(pid: $0, user: account.id) }
    pinnedBytes = processes.reduce(0) { $0 + $1.pinnedBytes }
  }

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

extension UserLimitsReport.Process {
  fileprivate init?(pid: Int32, user: UInt32) {
    guard let status = try? ProcessStatus(ofProcess: pid), status.user == user else { return nil }
    let limit = try? Memlock(ofProcess: pid)
    self.init(
      pid: pid,
      process: status.name,
      softBytes: limit?.soft,
      isLimitHidden: limit == nil,
      liftsLimit: LockCapability(
        status,
        inInitialNamespace: UserNamespace.isInitial(ofProcess: pid)
      )
      .liftsLimit,
      pinnedBytes: status.pinned
    )
  }
}
