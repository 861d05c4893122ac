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
    #expect(origin.summary == "the Slurm step of job 4242 has it from slurmstepd (7)")
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
    #expect(origin.summary == "the Slurm step has it from slurmstepd (8)")
  }

  @Test func `is the login where pam_limits has the value`() {
    var context = LimitContext()
    context.user = UserAccount(name: "ada", id: 1000, group: 1000, groups: ["ada", "hpc"])
    context.pamLines = PAMLimits.parse("@hpc - memlock 64", file: "/etc/security/limits.conf")
    let origin = MemlockOrigin(
      chain: [process("memreg", 9, small), process("bash", 8, small), process("sshd", 7, kernel)],
      context: context
    )
    #expect(origin.kind == .login)
    #expect(
      origin.summary == "pam_limits set it at the login by sshd (7); "
        + "/etc/security/limits.conf:1: @hpc - memlock 64"
    )
    #expect(origin.remedy().contains("`ada - memlock unlimited`"))
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
    #expect(origin.remedy().hasPrefix("`systemctl edit worker@3.service`"))
  }

  @Test(
    arguments: [
      ("/system.slice/docker-0123.scope", "docker run"),
      ("/machine.slice/libpod-1.scope", "podman"),
      ("/kubepods.slice/pod7/cri-containerd-1.scope", "systemctl edit containerd"),
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
      origin.summary == "process run.sh (8) set it, as its parent bash (7) has 8388608 bytes"
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
        == "the command line that started memreg (9) set it, as the parent bash (8) has 8388608 bytes"
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
    #expect(origin.summary.hasPrefix("the command line that started memreg (9) set it"))
    #expect(!origin.remedy().contains("out of memreg"))
  }

  @Test func `is another program or the command line that started it`() {
    let origin = MemlockOrigin(
      chain: [process("train", 9, small), process("bash", 8, kernel)],
      context: LimitContext()
    )
    #expect(
      origin.summary == "the command line that started train (9), or that program itself, set it, "
        + "as the parent bash (8) has 8388608 bytes"
    )
  }

  @Test(
    arguments: [
      (
        nil, 1 << 40,
        "`ulimit -l unlimited` before the program starts (no root needed: the hard "
          + "limit is unlimited); for good, "
      ),
      (
        1 << 26, 1 << 26,
        "`ulimit -l 65536` before the program starts (no root needed: the hard "
          + "limit is 65536 KiB); for good, "
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
    #expect(origin.lastingRemedy.hasPrefix("on the compute nodes `systemctl edit slurmd`"))
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
  private let ada = UserAccount(name: "ada", id: 1000, group: 1000, groups: ["ada", "hpc"])
  private let root = UserAccount(name: "root", id: 0, group: 0, groups: ["root"])

  @Test func `of a user count before those of a group and those before all`() {
    let limits = PAMLimits(
      lines: PAMLimits.parse(
        """
        # a comment
        ada  soft  memlock  128   # hers
        *    -     memlock  64
        @hpc hard  memlock  unlimited
        *    hard  nofile   9
        ada  soft  memlock  lots
        """,
        file: "f"
      )
    )
    #expect(limits.lines.count == 3)
    #expect(limits.lines(for: ada).soft?.bytes == 131072)
    #expect(limits.lines(for: ada).soft?.evidence == "f:2: ada soft memlock 128")
    #expect(limits.lines(for: ada).hard?.domain == "@hpc")
    #expect(limits.lines(for: ada).hard?.bytes == nil)
    #expect(limits.lines(for: root).soft == nil)
  }

  @Test func `may name ranges of ids`() {
    let limits = PAMLimits(
      lines: PAMLimits.parse("1000:2000 - memlock 1\n:500 - memlock 2", file: "f")
    )
    #expect(limits.lines(for: ada).soft?.bytes == 1024)
    #expect(limits.lines(for: root).soft?.bytes == 2048)
  }
}

@Suite struct `Limits in text files` {
  @Test func `of the rdma controller tell a full group`() {
    let groups = RDMAControlGroup.parse(
      group: "/job",
      limits: "rxe0 hca_handle=max hca_object=3\nmlx5_0 hca_handle=2 hca_object=max\n",
      current: "rxe0 hca_handle=1 hca_object=3\n"
    )
    #expect(groups.map(\.device) == ["mlx5_0", "rxe0"])
    #expect(groups[0].handleLimit == 2 && groups[0].objectLimit == nil && !groups[0].isFull)
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
