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
        "the limit of process \(chain.first?.label ?? "?") cannot be read",
        "ask as the process's user or as root"
      )
    }
    let near = [setter, parent].compactMap { $0 }
    // Where all up to the first process have the limit, none of them set it, and a job still has it from Slurm.
    let heirs = parent == nil ? chain : near
    if let daemon = heirs.first(where: { Self.slurm.contains($0.name) }) { return slurm(daemon) }
    if isContainer(near) { return container() }
    if let login = near.first(where: { Self.logins.contains($0.name) }) { return signIn(login) }
    if let unit = serviceUnit(setter) { return service(unit) }
    if let parent { return process(setter, below: parent) }
    return firstProcess(setter)
  }

  private func slurm(_ daemon: ProcessAncestor) -> MemlockOrigin {
    let job = context.slurmJob.map { " of job \($0)" } ?? ""
    return verdict(
      .slurm,
      "the Slurm step\(job) has it from \(daemon.label)",
      "on the compute nodes `systemctl edit slurmd`, [Service] LimitMEMLOCK=infinity, and restart "
        + "slurmd; in slurm.conf PropagateResourceLimitsExcept=MEMLOCK, so that the submit host's "
        + "limit is not carried over"
    )
  }

  private func isContainer(_ near: [ProcessAncestor]) -> Bool {
    if near.contains(where: { isRuntime($0.name) }) { return true }
    // Only the first process in sight can have it from a runtime that is out of sight.
    guard parent == nil else { return false }
    return !context.containerMarks.isEmpty || runtimeGroup != nil
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
        "the container runtime of Kubernetes set it",
        "a pod cannot ask for memlock: on the node `systemctl edit containerd` (or crio), [Service] "
          + "LimitMEMLOCK=infinity, restart it and start the pod again; the IPC_LOCK capability helps "
          + "only a container that runs as root outside a user namespace"
      )
    }
    let isPodman = group.hasPrefix("libpod-") || marks.contains("/run/.containerenv")
    let tool = isPodman ? "podman" : "docker"
    return verdict(
      .container,
      "the container runtime set it",
      "start the container with `\(tool) run --ulimit memlock=-1:-1`"
        + (isPodman
          ? "; a rootless one cannot pass the hard limit of the user who starts it"
          : ", or set default-ulimits in /etc/docker/daemon.json")
    )
  }

  private func signIn(_ login: ProcessAncestor) -> MemlockOrigin {
    let user = context.user?.name ?? "USER"
    let applied = context.pamLines.first.map { "; \($0.evidence)" } ?? ""
    let isSet = context.pamLines.contains { $0.setsSoft && $0.bytes == setter?.limit?.soft }
    let summary =
      isSet
      ? "pam_limits set it at the login by \(login.label)\(applied)"
      : "it came with the login by \(login.label), which limits.conf "
        + (context.pamLines.isEmpty
          ? "says nothing about" : "now says otherwise for\(applied)")
    return verdict(
      .login,
      summary,
      "put `\(user) - memlock unlimited` into /etc/security/limits.d/90-rdma.conf and log in again; "
        + "running sessions keep what they have"
    )
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
        "the user manager \(unit) set it",
        "`systemctl edit user@.service`, [Service] LimitMEMLOCK=infinity, and log in again"
      )
    }
    let setting = context.unitLimits[unit]
    let from =
      setting.map { "by \($0.evidence)" }
      ?? context.managerDefault.map { "by the manager's default, \($0.evidence)" }
      ?? "by systemd's own default, as the unit has no LimitMEMLOCK="
    return verdict(
      .systemdUnit,
      "systemd set it for \(unit) \(from)",
      "`systemctl edit \(unit)`, [Service] LimitMEMLOCK=infinity, and `systemctl restart \(unit)`"
    )
  }

  private func process(_ setter: ProcessAncestor, below parent: ProcessAncestor) -> MemlockOrigin {
    guard let other = parent.limit else {
      return verdict(
        .unknown,
        "all from \(setter.label) down have it; the limit of its parent \(parent.label) is hidden",
        "ask again as root; to raise it from outside, `prlimit --pid \(setter.pid) --memlock=unlimited`"
      )
    }
    if let starter = starter(of: setter) {
      return verdict(
        .process,
        "\(starter) set it, as the parent \(parent.label) has \(Self.text(other.soft))",
        "leave `ulimit -l`, `prlimit` or the like out of that command line"
      )
    }
    return verdict(
      .process,
      "process \(setter.label) set it, as its parent \(parent.label) has \(Self.text(other.soft))",
      "take the `ulimit -l` or setrlimit() out of \(setter.name); for what runs already, as root "
        + "`prlimit --pid \(setter.pid) --memlock=unlimited`"
    )
  }

  /// Who set the limit of a process that was not forked with it: memreg lowers none, another program may.
  private func starter(of setter: ProcessAncestor) -> String? {
    let line = "the command line that started \(setter.label)"
    if setter.name == "memreg" { return line }
    return setter.pid == chain.first?.pid ? "\(line), or that program itself," : nil
  }

  private func firstProcess(_ first: ProcessAncestor) -> MemlockOrigin {
    let remedy =
      "as root `prlimit --pid $$ --memlock=unlimited` for a shell; for good, pam_limits for logins "
      + "or LimitMEMLOCK=infinity for services"
    let defaults: [UInt64] = [8 << 20, 64 << 10]
    if let soft = first.limit?.soft, defaults.contains(soft) {
      return verdict(
        .kernelDefault,
        "nobody set it: \(Self.text(soft)) is what the kernel gives the first process",
        remedy
      )
    }
    let setting = context.managerDefault.map { ", \($0.evidence)" } ?? ""
    return verdict(
      .process,
      "all processes up to the first, \(first.label), have it\(setting)",
      remedy
    )
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
    bytes.map { "\($0) bytes" } ?? "unlimited"
  }
}
