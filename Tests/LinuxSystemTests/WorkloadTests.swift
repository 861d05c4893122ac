import Testing

@testable import LinuxSystem

@Suite struct `What a process runs for` {
  private let id = String(repeating: "0123456789abcdef", count: 4)

  @Test func `is a Slurm job and its step in either version of control groups`() {
    let paths = [
      "/system.slice/slurmstepd.scope/job_4711/step_batch/user/task_0",
      "/system.slice/n1_slurmstepd.scope/job_4711/step_batch/slurm",
      "/slurm/uid_1000/job_4711/step_batch/task_0", "/slurm_n1/uid_1000/job_4711/step_batch",
    ]
    for path in paths {
      let workload = Workload(parsing: "0::\(path)\n")
      #expect(workload.slurmJob == 4711, "\(path)")
      #expect(workload.slurmStep == "batch", "\(path)")
    }
    // The controllers that Slurm does not use have their processes at the root.
    let mixed = Workload(
      parsing: "12:rdma:/\n4:freezer:/slurm/uid_0/job_7/step_0\n0::/user.slice\n"
    )
    #expect(mixed.slurmJob == 7)
    #expect(mixed.slurmStep == "0")
    #expect(Workload(parsing: "0::/system.slice/slurmstepd.scope/job_9\n").slurmStep == nil)
  }

  @Test func `is a Pod and its container by systemd and by cgroupfs`() {
    let systemd =
      "/kubepods.slice/kubepods-burstable.slice/"
      + "kubepods-burstable-pod9f0c1d2e_3a4b_4c5d_8e6f_001122334455.slice/cri-containerd-\(id).scope"
    let cgroupfs = "/kubepods/besteffort/pod9f0c1d2e-3a4b-4c5d-8e6f-001122334455/\(id)"
    for path in [systemd, cgroupfs] {
      let workload = Workload(parsing: "0::\(path)\n")
      #expect(workload.pod == "9f0c1d2e-3a4b-4c5d-8e6f-001122334455", "\(path)")
      #expect(workload.container == id, "\(path)")
      #expect(workload.slurmJob == nil)
    }
    // The UID of a static Pod has no dashes.
    let own =
      "0::/kubepods.slice/kubepods-pod9f0c1d2e3a4b4c5d8e6f001122334455.slice/crio-\(id).scope\n"
    #expect(Workload(parsing: own).pod == "9f0c1d2e3a4b4c5d8e6f001122334455")
    #expect(Workload(parsing: own).container == id)
  }

  @Test func `is a container by what its runtime names the group`() {
    for path in [
      "/system.slice/docker-\(id).scope", "/docker/\(id)",
      "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope/container",
      "/machine.slice/libpod-\(id).scope", "/default/\(id)",
    ] {
      #expect(Workload(parsing: "0::\(path)\n").container == id, "\(path)")
    }
    for path in [
      "/lxc.payload.web/init.scope", "/machine.slice/machine-web.scope/payload",
      "/machine.slice/systemd-nspawn@web.service/payload",
    ] {
      #expect(Workload(parsing: "0::\(path)\n").container == "web", "\(path)")
    }
  }

  @Test func `is the innermost, as of a job in a Pod`() {
    let other = String(repeating: "f", count: 64)
    let workload = Workload(
      parsing: "0::/docker/\(other)/docker/\(id)/system.slice/slurmstepd.scope/job_3/step_0\n"
    )
    #expect(workload.container == id)
    #expect(workload.slurmJob == 3)
  }

  @Test(
    arguments: [
      "", "nonsense", "0::/", "0::/user.slice/job_7/step_0", "0::/slurm/job_/step_0",
      "0::/slurm/job_-7", "0::/slurm/job_99999999999999999999999", "0::/slurm/job_7x",
      "0::/kubepods/podshort", "0::/kubepods/pod9f0c1d2e-3a4b-4c5d-8e6f-00112233445\u{1b}",
      "0::/podman/pod9f0c1d2e-3a4b-4c5d-8e6f-001122334455", "0::/docker/0123456789ab",
      "0::/libpod-conmon-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
    ]
  )
  func `is nothing by names of another form`(text: String) {
    #expect(Workload(parsing: text) == Workload(parsing: ""))
  }

  @Test func `keeps hostile names in bounds`() {
    let step = "0::/slurm/job_7/step_\u{1b}[2J\n"
    #expect(Workload(parsing: step).slurmStep == nil)
    let long = String(repeating: "x", count: 5000)
    #expect(Workload(parsing: "0::/lxc.payload.\(long)\n").container?.count == 64)
    #expect(Workload(parsing: "0::/slurm/job_7/step_\(long)\n").slurmStep == nil)
  }
}

@Suite struct `The arguments of a process` {
  @Test(
    arguments: [
      ("python\0train.py\0--ranks\08\0", "python train.py --ranks 8"), ("a\0", "a"), ("a", "a"),
      ("title of its own\0\0\0\0", "title of its own"), ("\0", nil), ("", nil),
    ] as [(String, String?)]
  )
  func `are on one line`(content: String, line: String?) {
    #expect(ArgumentText.text(Array(content.utf8)[...]) == line)
  }

  @Test func `of this process are read, at most 4 KiB, and those of none are not`() throws {
    let own = try #require(ArgumentText.read(ofProcess: ProcessStatus().processID))
    #expect(own.contains("memregPackageTests"))
    #expect(own.utf8.count <= ArgumentText.limit)
    #expect(ArgumentText.read(ofProcess: .max) == nil)
  }
}
