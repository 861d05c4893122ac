import Diagnosis
import Documents
import HostMemory
import LinuxSystem

extension UserLimitsReport {
  /// Reads limits.conf and all processes of `account` in sight.
  init(_ account: UserAccount) {
    let decisive = PAMLimits().lines(for: account)
    var evidence = [decisive.soft, decisive.hard].compactMap { $0?.evidence }
    if evidence.count == 2, evidence[0] == evidence[1] { evidence.removeLast() }
    let processes = ProcessList.all().compactMap { Process(pid: $0, user: account.id) }
    self.init(
      user: account.name,
      userId: account.id,
      lines: evidence,
      loginSoftBytes: decisive.soft?.bytes,
      isLoginConfigured: decisive.soft != nil,
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
