import Diagnosis
import Documents
import HostMemory
import LinuxSystem

extension UserLimitsReport {
  /// Reads limits.conf and all processes of `account` in sight.
  init(_ account: UserAccount) {
    let login = PAMLimits().login(of: account, from: LimitContext.base)
    var evidence = [login.soft, login.hard, login.exemption].compactMap { $0?.evidence }
    if evidence.count == 2, evidence[0] == evidence[1] { evidence.removeLast() }
    let idle = ["sshd", "login", "su", "sudo", "cron"]
      .filter { PAMStack.appliesLimits($0) == false }
    if !evidence.isEmpty, !idle.isEmpty {
      evidence.append("not applied by \(idle.joined(separator: ", ")): no pam_limits in /etc/pam.d")
    }
    let processes = ProcessList.all().compactMap { Process(pid: $0, user: account.id) }
    self.init(
      user: account.name,
      userId: account.id,
      lines: evidence,
      loginSoftBytes: login.decisive == nil ? nil : login.limit.soft,
      isLoginConfigured: login.decisive != nil,
      pinnedBytes: processes.reduce(0) { $0 + $1.pinnedBytes },
      processes: processes
    )
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
