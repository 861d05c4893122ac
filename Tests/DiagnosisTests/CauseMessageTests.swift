import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

@testable import Diagnosis

@Suite struct `The message of a cause outside the mappings` {
  private func text(_ explanation: FailureExplanation?) -> String? {
    explanation.map { "\($0.verdict)\n  \($0.remedy)" }
  }

  @Test(
    arguments: [
      (0, "the memlock limit (RLIMIT_MEMLOCK) is 64 KiB, nothing is pinned yet"),
      (16 << 10, "the memlock limit (RLIMIT_MEMLOCK) is 64 KiB, 16 KiB are pinned"),
    ] as [(UInt64, String)]
  )
  func `has limit and pinned memory once`(pinned: UInt64, expected: String) {
    #expect(Memlock.verdict(limit: 64 << 10, pinned: pinned) == expected)
  }

  @Test(
    arguments: [
      (
        "/kubepods.slice/kubepods-pod1.slice/cri-containerd-2.scope",
        "raise resources.limits.memory of the pod to 140Mi"
      ),
      ("/system.slice/slurmstepd.scope/job_7", "sbatch --mem=140M    # before the other options"),
      (
        "/system.slice/mpi.service",
        "systemctl set-property mpi.service MemoryMax=140M    # as root"
      ),
      ("/job", "echo 140M >/sys/fs/cgroup/job/memory.max    # as root"),
    ]
  )
  func `says who raises the limit of a memory control group`(place: String, remedy: String) {
    let bound = PinBound(
      .memoryControlGroup,
      place: place,
      setting: "/sys/fs/cgroup/job/memory.max",
      bytes: 60 << 20,
      limitBytes: 64 << 20,
      usedBytes: 4 << 20
    )
    #expect(
      text(.insufficient(bound, missing: 128 << 20))
        == "memory control group \(place) is limited to 64 MiB and uses 4 MiB: 60 MiB can be pinned\n"
        + "  \(remedy)"
    )
  }

  @Test func `names the places that pages could not leave`() {
    #expect(
      text(.migration(from: ["CMA", "ZONE_MOVABLE"]))
        == """
        pages of this memory lie in CMA or ZONE_MOVABLE, must leave it before they are pinned, and could \
        not be migrated
          register other memory, or keep what holds these pages (page cache under I/O, other pins) away; \
        a kernel without movable memory needs no migration
        """
    )
  }

  @Test func `has the regions of a device and the length of one`() {
    var device = DeviceTraits(name: "efa_0", driver: "efa")
    (device.mostBytes, device.mostRegions, device.regions) = (1 << 30, 8, 8)
    let bounds = PinBound.device(device)
    #expect(
      bounds.map { text(.insufficient($0, missing: 4096)) } == [
        """
        efa_0 allows 8 regions (max_mr) and has 8
          rdma resource show mr dev efa_0    # shows who has them; register fewer, larger regions
        """,
        """
        efa_0 allows 1 GiB in one region (max_mr_size)
          register the memory in regions of 1 GiB or less
        """,
      ]
    )
  }

  @Test(
    arguments: [
      (.EOPNOTSUPP, false, .dmaBufUnsupported),
      (.ENOTSUPP, true, .dmaBufRefused),
    ] as [(Errno, Bool, FailureCause)]
  )
  func `says who refuses a dma-buf`(code: Errno, takes: Bool, cause: FailureCause) {
    var device = DeviceTraits(name: "mlx5_0", driver: "mlx5_core")
    device.registersDMABufs = takes
    let attempt = RegistrationAttempt(
      AddressRange(start: 4096, length: 4096),
      access: [.localWrite],
      strategy: .verbs,
      code: code
    )
    let explanation = Explainer(device: device).explainForeignMemory(attempt)
    #expect(explanation?.cause == cause)
    #expect(
      explanation?.verdict
        == (takes
          ? "the driver that exported the dma-buf, a GPU's for instance, does not let mlx5_0 attach: it does "
            + "no PCI peer-to-peer between the two"
          : "mlx5_0 registers no dma-buf: the driver mlx5_core has no method for it, which is what "
            + "ibv_reg_dmabuf_mr() says")
    )
  }
}
