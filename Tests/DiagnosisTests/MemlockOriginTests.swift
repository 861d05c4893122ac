import Diagnosis
import HostMemory
import LinuxSystem
import Testing

@Suite struct `The origin of a memlock limit` {
  private let kernel = Memlock(soft: 8 << 20, hard: 8 << 20)
  private let small = Memlock(soft: 65536, hard: 65536)

  private func process(
    _ name: String,
    _ pid: Int32,
    _ limit: Memlock?,
    group: String = "/"
  ) -> ProcessAncestor {
    ProcessAncestor(pid: pid, name: name, limit: limit, group: ControlGroup(path: group))
  }

  @Test func `is the Slurm step whose daemon has the same limit`() {
    var context = LimitContext()
    context.slurmJob = "4242"
    let origin = MemlockOrigin(
      chain: [
        process("memreg", 9, small), process("bash", 8, small), process("slurmstepd", 7, small),
        process("systemd", 1, kernel),
      ],
      context: context
    )
    #expect(origin.kind == .slurm && origin.setter?.pid == 7)
    #expect(origin.summary == "slurmstepd (pid 7), for the Slurm step of job 4242")
    #expect(origin.remedy().contains("PropagateResourceLimitsExcept=MEMLOCK"))
  }

  @Test func `is Slurm's daemon under the name that Debian gives its file`() {
    let origin = MemlockOrigin(
      chain: [
        process("memreg", 9, small), process("slurmd-wlm", 7, small), process("systemd", 1, kernel),
      ],
      context: LimitContext()
    )
    #expect(origin.kind == .slurm && origin.setter?.pid == 7)
  }

  @Test func `is Slurm's daemon where the first process has the same limit`() {
    let origin = MemlockOrigin(
      chain: [
        process("memreg", 9, small), process("slurmstepd", 8, small), process("slurmd", 7, small),
        process("init", 1, small),
      ],
      context: LimitContext()
    )
    #expect(origin.kind == .slurm)
    #expect(origin.summary == "slurmstepd (pid 8), for the Slurm step")
  }

  @Test func `is the login where pam_limits has the value`() {
    var context = LimitContext()
    let ada = UserAccount(name: "ada", id: 1000, group: 1000, groups: ["ada", "hpc"])
    context.user = ada
    context.login = PAMLimits(
      lines: PAMLimits.parse("@hpc - memlock 64", file: "/etc/security/limits.conf")
    )
    .login(of: ada, from: kernel)
    let origin = MemlockOrigin(
      chain: [process("memreg", 9, small), process("bash", 8, small), process("sshd", 7, kernel)],
      context: context
    )
    #expect(origin.kind == .login)
    #expect(
      origin.summary == "pam_limits at the login by sshd (pid 7); "
        + "/etc/security/limits.conf:1: @hpc - memlock 64"
    )
    #expect(origin.remedy().hasPrefix("echo 'ada - memlock unlimited' >>/etc/security/limits.d/"))
  }

  @Test func `is the login whose PAM stack does not load pam_limits, whatever limits.conf says`() {
    var context = LimitContext()
    let ada = UserAccount(name: "ada", id: 1000, group: 1000, groups: ["ada"])
    context.login = PAMLimits(lines: PAMLimits.parse("* - memlock unlimited", file: "f"))
      .login(of: ada, from: kernel)
    context.applyingServices = ["cron": false]
    let origin = MemlockOrigin(
      chain: [process("memreg", 9, kernel), process("cron", 7, kernel)],
      context: context
    )
    #expect(origin.kind == .login)
    #expect(
      origin.summary.hasSuffix("does not load pam_limits: f:1: * - memlock unlimited has no effect")
    )
  }

  @Test func `is the shell below a login that has more`() {
    let origin = MemlockOrigin(
      chain: [
        process("memreg", 9, small), process("sh", 8, small), process("su", 7, kernel),
        process("init", 1, kernel),
      ],
      context: LimitContext()
    )
    #expect(origin.kind == .process && origin.setter?.pid == 8)
  }

  @Test func `is the unit whose first process has it`() {
    let group = "/system.slice/worker@3.service"
    let origin = MemlockOrigin(
      chain: [
        process("memreg", 9, small, group: group), process("worker", 8, small, group: group),
        process("systemd", 1, kernel),
      ],
      context: LimitContext()
    )
    #expect(origin.kind == .systemdUnit)
    #expect(
      origin.remedy()
        .contains("systemctl daemon-reload && systemctl restart worker@3.service    # as root")
    )
  }

  @Test func `is no container's where the machine's first process is in sight`() {
    var context = LimitContext()
    context.containerMarks = ["/.dockerenv"]
    let chain = [process("memreg", 9, kernel), process("init", 1, kernel)]
    #expect(MemlockOrigin(chain: chain, context: context).kind == .container)
    context.isInInitialPIDNamespace = true
    #expect(MemlockOrigin(chain: chain, context: context).kind == .kernelDefault)
  }

  @Test func `is raised outside by root where the user namespace is a child`() {
    var context = LimitContext()
    context.isInInitialUserNamespace = false
    let origin = MemlockOrigin(
      chain: [process("memreg", 9, small), process("sh", 8, small), process("init", 1, kernel)],
      context: context
    )
    #expect(
      origin.remedy()
        .hasPrefix("prlimit --pid 8 --memlock=unlimited    # as root of the host, outside")
    )
  }

  @Test func `is a unit that was started before its file was changed`() throws {
    let files = try SystemdTree()
    try files.write("etc/systemd/system/worker.service", "[Service]\nLimitMEMLOCK=infinity\n")
    var context = LimitContext()
    context.unitLimits["worker.service"] = files.limit("worker.service")
    let group = "/system.slice/worker.service"
    let origin = MemlockOrigin(
      chain: [process("worker", 8, small, group: group), process("systemd", 1, kernel)],
      context: context
    )
    #expect(origin.kind == .systemdUnit)
    #expect(
      origin.summary.hasSuffix("worker.service: LimitMEMLOCK=infinity took effect")
    )
    #expect(
      origin.remedy() == "systemctl daemon-reload && systemctl restart worker.service    # as root"
    )
  }

  @Test(
    arguments: [
      ("/system.slice/docker-0123.scope", "docker run"),
      ("/machine.slice/libpod-1.scope", "podman"),
      (
        "/kubepods.slice/pod7/cri-containerd-1.scope",
        "systemctl restart containerd.service    # as root on the node"
      ),
    ]
  )
  func `is the container runtime that is out of sight of the first process`(
    group: String,
    remedy: String
  ) {
    let origin = MemlockOrigin(
      chain: [process("memreg", 2, small, group: group), process("sh", 1, small, group: group)],
      context: LimitContext()
    )
    #expect(origin.kind == .container)
    #expect(origin.remedy().contains(remedy))
  }

  @Test func `is a process that lowered it below its parent's`() {
    let origin = MemlockOrigin(
      chain: [
        process("memreg", 9, small), process("run.sh", 8, small), process("bash", 7, kernel),
      ],
      context: LimitContext()
    )
    #expect(origin.kind == .process && origin.setter?.name == "run.sh")
    #expect(
      origin.summary == "run.sh (pid 8); its parent bash (pid 7) has 8 MiB"
    )
    #expect(origin.evidence.count == 3)
  }

  @Test func `is the command line that started memreg where its parent has more`() {
    let origin = MemlockOrigin(
      chain: [process("memreg", 9, small), process("bash", 8, kernel)],
      context: LimitContext()
    )
    #expect(origin.kind == .process && origin.setter?.pid == 9)
    #expect(
      origin.summary
        == "the command line that started memreg (pid 9); its parent bash (pid 8) has 8 MiB"
    )
    #expect(origin.remedy() == "leave `ulimit -l`, `prlimit` or the like out of that command line")
  }

  @Test func `is the command line that started memreg also for a program below it`() {
    let origin = MemlockOrigin(
      chain: [
        process("train", 10, small), process("memreg", 9, small), process("bash", 8, kernel),
      ],
      context: LimitContext()
    )
    #expect(origin.summary.hasPrefix("the command line that started memreg (pid 9);"))
    #expect(!origin.remedy().contains("out of memreg"))
  }

  @Test func `is another program or the command line that started it`() {
    let origin = MemlockOrigin(
      chain: [process("train", 9, small), process("bash", 8, kernel)],
      context: LimitContext()
    )
    #expect(
      origin.summary == "the command line that started train (pid 9), or that program itself; "
        + "its parent bash (pid 8) has 8 MiB"
    )
  }

  @Test(
    arguments: [
      (
        nil, 1 << 40,
        "ulimit -l unlimited    # before the program starts; no root needed: the hard limit is "
          + "unlimited; for good: "
      ),
      (
        1 << 26, 1 << 26,
        "ulimit -l 65536    # before the program starts; no root needed: the hard limit is "
          + "64 MiB; for good: "
      ),
      (1 << 26, 1 << 26 + 1, ""), (1 << 16, 1 << 16, ""), ((1 << 16) + 1023, 4096, ""),
    ] as [(UInt64?, UInt64, String)]
  )
  func `is raised to the hard limit first where that is enough`(
    hard: UInt64?,
    needed: UInt64,
    first: String
  ) {
    let limit = Memlock(soft: 65536, hard: hard)
    let origin = MemlockOrigin(
      chain: [process("memreg", 9, limit), process("slurmstepd", 8, limit)],
      context: LimitContext()
    )
    #expect(origin.remedy(needed: needed) == first + origin.lastingRemedy)
    #expect(
      origin.lastingRemedy.hasPrefix("mkdir -p /etc/systemd/system/slurmd.service.d && printf ")
    )
  }

  @Test func `is nobody where the first process has the kernel's 8 MiB`() {
    let origin = MemlockOrigin(
      chain: [process("memreg", 2, kernel), process("init", 1, kernel)],
      context: LimitContext()
    )
    #expect(origin.kind == .kernelDefault)
  }

  @Test func `is unknown where the parent's limit is hidden`() {
    let origin = MemlockOrigin(
      chain: [process("memreg", 9, small), process("bash", 7, nil)],
      context: LimitContext()
    )
    #expect(origin.kind == .unknown)
  }
}

@Suite struct `Lines of limits.conf` {
  private let ada = UserAccount(
    name: "ada",
    id: 1000,
    group: 1000,
    groups: ["ada", "hpc"],
    groupIDs: [1000, 27]
  )
  private let root = UserAccount(name: "root", id: 0, group: 0, groups: ["root"], groupIDs: [0])
  private let kernel = Memlock(soft: 8 << 20, hard: 8 << 20)

  private func login(_ text: String, _ user: UserAccount? = nil) -> PAMLimits.Outcome {
    PAMLimits(lines: PAMLimits.parse(text, file: "f")).login(of: user ?? ada, from: kernel)
  }

  @Test func `of a user count before those of a group and those before all`() {
    let text = """
      # a comment
      ada  soft  memlock  128   # hers
      *    -     memlock  64
      @hpc hard  memlock  unlimited
      *    hard  nofile   9
      ada  soft  memlock  lots
      """
    #expect(PAMLimits.parse(text, file: "f").count == 3)
    let outcome = login(text)
    #expect(outcome.limit == Memlock(soft: 131072, hard: nil))
    #expect(outcome.soft?.evidence == "f:2: ada soft memlock 128")
    #expect(outcome.hard?.domain == "@hpc")
    #expect(login(text, root).limit == kernel)
    #expect(login(text, root).decisive == nil)
  }

  @Test(
    arguments: [
      ("* soft memlock unlimited", 8192, 8192), ("* hard memlock 4096", 4096, 4096),
      ("* hard memlock unlimited", 8192, nil), ("* - memlock 64K", 64, 64),
      ("* - memlock -5", nil, nil), ("* - memlock +64", 64, 64), ("* - memlock 0x10", 0, 0),
      ("* - memlock K64", 8192, 8192), ("* - memlock 99999999999999999999", nil, nil),
      ("* - MEMLOCK 64 and more", 64, 64), ("* - memlocked 64", 8192, 8192),
      ("* both memlock 64", 8192, 8192), ("* SOFT memlock 64", 64, 8192),
      ("* - memlock 64\nada -", 8192, 8192), ("* - memlock 64\n@hpc -", 8192, 8192),
      ("ada soft memlock 32\n* - memlock 64", 32, 8192), ("%hpc - memlock 16", 8192, 8192),
      ("* - memlock 64\n1000:1000 -x", 8192, 8192), ("* - memlock 64\n%hpc -", 64, 64),
      ("* - memlock 64\n* -", 64, 64),
      ("\u{b}*\u{c}-\rmemlock\t64", 64, 64),
    ] as [(String, UInt64?, UInt64?)]
  )
  func `give what pam_limits gives`(text: String, soft: UInt64?, hard: UInt64?) {
    #expect(login(text).limit == Memlock(soft: soft.map { $0 << 10 }, hard: hard.map { $0 << 10 }))
  }

  @Test func `may name ranges of ids, of which one without a start is that very id`() {
    #expect(login("1000:2000 - memlock 1").limit.soft == 1024)
    #expect(login("1000: - memlock 1").limit.soft == 1024)
    #expect(login(":1000 - memlock 1").limit.soft == 1024)
    #expect(login(":2000 - memlock 1").limit == kernel)
    #expect(login(":500 - memlock 2", root).limit == kernel)
    #expect(login(":0 - memlock 2", root).limit.soft == 2048)
    #expect(login("@:27 - memlock 3").limit.soft == 3072)
    #expect(login("@20:30 - memlock 3").limit == kernel)
  }

  @Test func `are decided by the hard limit where that is lower`() {
    let outcome = login("* hard memlock 4096\nada soft memlock unlimited")
    #expect(outcome.limit == Memlock(soft: 4 << 20, hard: 4 << 20))
    #expect(outcome.decisive?.number == 1)
  }
}

@Suite struct `Limits in text files` {
  @Test func `of the rdma controller tell a full group`() {
    let groups = RDMAControlGroup.parse(
      group: "/job",
      file: "/sys/fs/cgroup/job/rdma.max",
      limits: "rxe0 hca_handle=max hca_object=3\nmlx5_0 hca_handle=2 hca_object=max\n",
      current: "rxe0 hca_handle=1 hca_object=3\n"
    )
    #expect(groups.map(\.device) == ["mlx5_0", "rxe0"])
    #expect(groups[0].handleLimit == 2 && groups[0].objectLimit == nil && !groups[0].isFull)
    #expect(!groups[0].hasNoHandle)
    #expect(groups[1].objects == 3 && groups[1].isFull)
  }

  @Test func `of a process give soft and hard`() {
    let text = "Max processes  1 2 processes\nMax locked memory         65536  unlimited  bytes\n"
    #expect(Memlock(parsing: text) == Memlock(soft: 65536, hard: nil))
    #expect(Memlock(parsing: "Max processes 1 2 processes") == nil)
  }

  @Test func `of control groups prefer the hierarchy with the rdma controller`() {
    #expect(ControlGroup(parsing: "0::/user.slice/session-3.scope\n")?.unit == "session-3.scope")
    #expect(ControlGroup(parsing: "5:rdma:/a\n1:name=systemd:/b\n0::/c\n")?.path == "/a")
    #expect(ControlGroup(parsing: "") == nil)
  }

  @Test(
    arguments: [
      (0x4000, 0x4000, true, LockCapability.Standing.granted),
      (0x4000, 0x4000, false, .inertInUserNamespace), (0, 0x4000, true, .notEffective),
      (0, 0, true, .absent),
    ] as [(UInt64, UInt64, Bool, LockCapability.Standing)]
  )
  func `tell whether CAP_IPC_LOCK counts`(
    effective: UInt64,
    bounding: UInt64,
    initial: Bool,
    standing: LockCapability.Standing
  ) {
    var status = ProcessStatus(parsing: "")
    status.effectiveCapabilities = effective
    status.boundingCapabilities = bounding
    #expect(LockCapability(status, inInitialNamespace: initial).standing == standing)
  }
}
