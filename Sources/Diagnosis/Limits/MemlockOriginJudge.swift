import HostMemory
import LinuxSystem

/// Finds out who set a memlock limit: walks up as far as the limit is the same, then looks at who is there.
struct MemlockOriginJudge {
  private let chain: [ProcessAncestor]
  private let context: LimitContext
  private let setter: ProcessAncestor?
  private let parent: ProcessAncestor?
  private let evidence: [String]

  init(chain: [ProcessAncestor], context: LimitContext) {
    self.chain = chain
    self.context = context
    let limit = chain.first?.limit
    let inherited = chain.prefix { $0.limit != nil && $0.limit == limit }
    setter = inherited.last
    parent = inherited.count < chain.count ? chain[inherited.count] : nil
    evidence = MemlockOriginJudge.steps(chain, inherited: inherited.count)
  }

  // Debian's slurmd is slurmd-wlm once it has replaced itself by /proc/self/exe, as to reconfigure.
  private static let slurm: Set<String> = ["slurmstepd", "slurmd", "slurmstepd-wlm", "slurmd-wlm"]
  private static let runtimes: Set<String> = [
    "containerd-shim", "conmon", "crun", "runc", "dockerd", "crio", "podman", "apptainer",
    "singularity", "starter", "enroot", "lxc-start", "systemd-nspawn",
  ]
  private static let logins: Set<String> = [
    "sshd", "sshd-session", "login", "su", "sudo", "runuser", "cron", "crond", "atd",
    "gdm-session-wor", "lightdm", "sddm-helper", "xrdp-sesman", "(sd-pam)",
  ]

  func verdict() -> MemlockOrigin {
    guard let setter else {
      return verdict(
        .unknown,
        "unknown: the limit of \(chain.first?.label ?? "?") is hidden",
        "sudo memreg limits --pid \(chain.first?.pid ?? 0)    # or as the process's user"
      )
    }
    let near = [setter, parent].compactMap { $0 }
    // Where all up to the first process have the limit, none of them set it, and a job still has it from Slurm.
    let heirs = parent == nil ? chain : near
    if let daemon = heirs.first(where: { Self.slurm.contains($0.name) }) { return slurm(daemon) }
    if isContainer(near) { return container() }
    if let login = near.first(where: { Self.logins.contains($0.name) }), gave(login, setter) {
      return signIn(login)
    }
    if let unit = serviceUnit(setter) { return service(unit) }
    if let parent { return process(setter, below: parent) }
    return firstProcess(setter)
  }

  private func slurm(_ daemon: ProcessAncestor) -> MemlockOrigin {
    let job = context.slurmJob.map { " of job \($0)" } ?? ""
    return verdict(
      .slurm,
      "\(daemon.label), for the Slurm step\(job)",
      dropIn("slurmd.service", "as root on the compute nodes")
        + "; in slurm.conf PropagateResourceLimitsExcept=MEMLOCK, so that the submit host's limit is not carried over"
    )
  }

  private func isContainer(_ near: [ProcessAncestor]) -> Bool {
    if near.contains(where: { isRuntime($0.name) }) { return true }
    // Only the first process in sight can have it from a runtime that is out of sight.
    guard parent == nil else { return false }
    let isMarked = !context.containerMarks.isEmpty && !context.isInInitialPIDNamespace
    return isMarked || runtimeGroup != nil
  }

  private func isRuntime(_ name: String) -> Bool {
    Self.runtimes.contains(name) || name.hasPrefix("containerd-shim")
  }

  private var runtimeGroup: String? {
    setter?.group?.components
      .first { part in
        ["docker-", "libpod-", "crio-", "cri-containerd-", "kubepods", "lxc.payload"]
          .contains { part.hasPrefix($0) } || part == "docker"
      }
  }

  private func container() -> MemlockOrigin {
    let group = runtimeGroup ?? ""
    let marks = context.containerMarks
    let isKubernetes = group.contains("kube") || marks.contains("KUBERNETES_SERVICE_HOST")
    if isKubernetes {
      return verdict(
        .container,
        "the container runtime of Kubernetes",
        dropIn("containerd.service", "as root on the node (or crio.service)")
          + ", and start the pod again: a pod cannot ask for memlock, and the IPC_LOCK capability helps only a "
          + "container that runs as root outside a user namespace"
      )
    }
    let isPodman = group.hasPrefix("libpod-") || marks.contains("/run/.containerenv")
    let tool = isPodman ? "podman" : "docker"
    return verdict(
      .container,
      "the container runtime",
      "\(tool) run --ulimit memlock=-1:-1    # before the other options"
        + (isPodman
          ? "; a rootless one cannot pass the hard limit of the user who starts it"
          : "; or set default-ulimits in /etc/docker/daemon.json")
    )
  }

  /// The command that gives a unit an unlimited memlock limit, with a comment.
  private func dropIn(_ unit: String, _ remark: String) -> String {
    let directory = "/etc/systemd/system/\(unit).d"
    return "mkdir -p \(directory) && printf '[Service]\\nLimitMEMLOCK=infinity\\n' "
      + ">\(directory)/memlock.conf && systemctl daemon-reload && systemctl restart \(unit)    # \(remark)"
  }

  // A session's first process has the limit of the login, or the one that limits.conf says; else it set its own.
  private func gave(_ login: ProcessAncestor, _ setter: ProcessAncestor) -> Bool {
    guard let limit = login.limit, limit != setter.limit else { return true }
    return context.login.map { $0.limit.soft == setter.limit?.soft } ?? false
  }

  private func signIn(_ login: ProcessAncestor) -> MemlockOrigin {
    // The name goes into a line for the shell.
    let isPlain = context.user?.name.utf8
      .allSatisfy { $0 > 0x2a && $0 < 0x7b && $0 != 0x3b && $0 != 0x60 }
    let user = isPlain == true ? context.user?.name ?? "USER" : "USER"
    let (from, line) = ("the login by \(login.label)", context.login?.decisive?.evidence)
    guard let line, context.applyingServices[login.name] != false else {
      let summary =
        line.map { "\(from), whose PAM stack does not load pam_limits: \($0) has no effect" }
        ?? "\(from), about which limits.conf says nothing"
      let remedy =
        line == nil
        ? nil
        : "echo 'session required pam_limits.so' >>/etc/pam.d/\(login.name)    # as root; log in again"
      return verdict(.login, summary, remedy ?? signInRemedy(user))
    }
    let isSet = context.login?.limit.soft == setter?.limit?.soft
    return verdict(
      .login,
      isSet ? "pam_limits at \(from); \(line)" : "\(from), for which limits.conf now has \(line)",
      signInRemedy(user)
    )
  }

  private func signInRemedy(_ user: String) -> String {
    "echo '\(user) - memlock unlimited' >>/etc/security/limits.d/90-rdma.conf    # as root; then log in again: "
      + "running sessions keep what they have"
  }

  // The unit counts where the setter is the first of its control group: the manager set it at exec.
  private func serviceUnit(_ setter: ProcessAncestor) -> String? {
    guard let unit = setter.group?.unit, unit.hasSuffix(".service") else { return nil }
    return parent?.group == setter.group && parent != nil ? nil : unit
  }

  private func service(_ unit: String) -> MemlockOrigin {
    if unit.hasPrefix("user@") {
      return verdict(
        .systemdUnit,
        "the user manager \(unit)",
        dropIn("user@.service", "as root; then log in again")
      )
    }
    let setting = context.unitLimits[unit]
    // A unit keeps the limit that the files had when the manager last read them and started it.
    if let setting, let limit = setter?.limit, limit.soft != setting.softBytes {
      let isEnough = setting.softBytes ?? .max > limit.soft ?? .max
      return verdict(
        .systemdUnit,
        "systemd for \(unit), before \(setting.evidence) took effect",
        isEnough
          ? "systemctl daemon-reload && systemctl restart \(unit)    # as root"
          : dropIn(unit, "as root")
      )
    }
    let from =
      setting.map { "by \($0.evidence)" }
      ?? context.managerDefault.map { "by the manager's default, \($0.evidence)" }
      ?? "by systemd's own default, as the unit has no LimitMEMLOCK="
    return verdict(
      .systemdUnit,
      "systemd for \(unit), \(from)",
      dropIn(unit, "as root")
    )
  }

  private func process(_ setter: ProcessAncestor, below parent: ProcessAncestor) -> MemlockOrigin {
    guard let other = parent.limit else {
      return verdict(
        .unknown,
        "\(setter.label) or a process above it: its parent \(parent.label) hides its own limit",
        "prlimit --pid \(setter.pid) --memlock=unlimited    # \(root)"
      )
    }
    if let starter = starter(of: setter) {
      return verdict(
        .process,
        "\(starter); its parent \(parent.label) has \(Self.text(other.soft))",
        "leave `ulimit -l`, `prlimit` or the like out of that command line"
      )
    }
    return verdict(
      .process,
      "\(setter.label); its parent \(parent.label) has \(Self.text(other.soft))",
      "prlimit --pid \(setter.pid) --memlock=unlimited    # \(root); for good, take `ulimit -l` or setrlimit() "
        + "out of \(setter.name)"
    )
  }

  /// Who set the limit of a process that was not forked with it: memreg lowers none, another program may.
  private func starter(of setter: ProcessAncestor) -> String? {
    let line = "the command line that started \(setter.label)"
    if setter.name == "memreg" { return line }
    return setter.pid == chain.first?.pid ? "\(line), or that program itself" : nil
  }

  private func firstProcess(_ first: ProcessAncestor) -> MemlockOrigin {
    let remedy =
      "prlimit --pid $$ --memlock=unlimited    # \(root), for this shell; for good, pam_limits for logins or "
      + "LimitMEMLOCK=infinity for services"
    let defaults: [UInt64] = [8 << 20, 64 << 10]
    if let soft = first.limit?.soft, defaults.contains(soft) {
      return verdict(
        .kernelDefault,
        "nobody: \(Self.text(soft)) is what the kernel gives the first process",
        remedy
      )
    }
    let setting = context.managerDefault.map { ", \($0.evidence)" } ?? ""
    return verdict(
      .process,
      "\(first.label), the first process, or what started it\(setting)",
      remedy
    )
  }

  // To raise a hard limit the kernel wants CAP_SYS_RESOURCE in the initial user namespace.
  private var root: String {
    context.isInInitialUserNamespace
      ? "as root" : "as root of the host, outside this user namespace"
  }

  private func verdict(
    _ kind: MemlockOrigin.Kind,
    _ summary: String,
    _ remedy: String
  ) -> MemlockOrigin {
    let marks = context.containerMarks
    return MemlockOrigin(
      kind,
      summary,
      lastingRemedy: remedy,
      limit: chain.first?.limit,
      setter: setter,
      evidence: evidence + (kind == .container ? marks + [runtimeGroup].compactMap { $0 } : [])
    )
  }

  private static func steps(_ chain: [ProcessAncestor], inherited: Int) -> [String] {
    chain.enumerated()
      .map { index, process in
        let limit = process.limit.map { text($0.soft) } ?? "hidden"
        let group = index + 1 == inherited ? process.group.map { ", cgroup \($0.path)" } ?? "" : ""
        return "\(process.label): \(limit)\(group)"
      }
  }

  private static func text(_ bytes: UInt64?) -> String {
    bytes.map(SizeText.text) ?? "unlimited"
  }
}
