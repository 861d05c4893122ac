public import HostMemory
public import LinuxSystem

/// What the file system and the environment say about where a process runs.
public struct LimitContext: Equatable, Sendable {
  /// The process's user.
  public var user: UserAccount?
  /// What limits.conf gives the user's next login; `nil` if no line concerns the user.
  public var login: PAMLimits.Outcome?
  /// Whether the PAM stack of a service applies limits.conf, by the service's name.
  public var applyingServices: [String: Bool] = [:]
  /// Whether the first process in sight is the machine's own, so that no runtime is out of sight.
  public var isInInitialPIDNamespace = false
  /// Whether root of the process's user namespace may raise limits.
  public var isInInitialUserNamespace = true
  /// Marks of a container, such as /.dockerenv, which files that a container left behind have too.
  public var containerMarks: [String] = []
  /// The Slurm job of the process, from its environment.
  public var slurmJob: String?
  /// Settings of systemd by the unit's name.
  public var unitLimits: [String: SystemdLimit] = [:]
  /// The manager's default.
  public var managerDefault: SystemdLimit?

  /// Nothing known.
  public init() {}

  /// Reads what there is for `pid` and the units of its ancestors in `chain`; what cannot be read stays empty.
  public init(ofProcess pid: Int32, below chain: [ProcessAncestor]) {
    if let status = try? ProcessStatus(ofProcess: pid) {
      user = UserAccount(id: status.user)
    }
    if let user {
      let outcome = PAMLimits().login(of: user, from: LimitContext.base)
      if outcome.decisive != nil { login = outcome }
    }
    for service in ["sshd", "login", "su", "su-l", "sudo", "runuser", "cron", "crond", "atd"] {
      applyingServices[service] = PAMStack.appliesLimits(service)
    }
    isInInitialPIDNamespace = ProcessNamespace.isInitial(ofProcess: pid)
    isInInitialUserNamespace = UserNamespace.isInitial(ofProcess: pid)
    for mark in ["/.dockerenv", "/run/.containerenv"]
    where TextFile.firstLine("/proc/\(pid)/root\(mark)") != nil {
      containerMarks.append(mark)
    }
    let environment = LimitContext.environment(of: pid)
    slurmJob = environment["SLURM_JOB_ID"] ?? environment["SLURM_JOBID"]
    if let container = environment["container"] { containerMarks.append("container=\(container)") }
    if environment["KUBERNETES_SERVICE_HOST"] != nil {
      containerMarks.append("KUBERNETES_SERVICE_HOST")
    }
    for unit in Set(chain.compactMap { $0.group?.unit }) {
      unitLimits[unit] = SystemdLimit(unit: unit)
    }
    managerDefault = SystemdLimit.managerDefault()
  }

  /// The limits that pam_limits begins with: those of the first process.
  public static var base: Memlock {
    (try? Memlock(ofProcess: 1)) ?? Memlock(soft: 8 << 20, hard: 8 << 20)
  }

  private static func environment(of pid: Int32) -> [String: String] {
    var environment: [String: String] = [:]
    let text = (try? TextFile.read("/proc/\(pid)/environ")) ?? ""
    for entry in text.split(scalar: "\0") {
      let pair = entry.split(scalar: "=", maxSplits: 1)
      if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
    }
    return environment
  }
}
