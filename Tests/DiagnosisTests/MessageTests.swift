import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

@testable import Diagnosis

@Suite struct `The text of a verdict` {
  private static let attempt = RegistrationAttempt(
    AddressRange(start: 0x7f00_0000_0000, length: 2 << 30),
    access: [.localWrite],
    strategy: .verbs,
    code: .EFAULT
  )

  private func bound(_ kind: PinBound.Kind, in file: String, bytes: UInt64) -> PinBound {
    PinBound(
      kind,
      place: "/job",
      setting: "/sys/fs/cgroup/job/\(file)",
      bytes: bytes,
      limitBytes: 64 << 20,
      usedBytes: 4 << 20
    )
  }

  private func text(_ explanation: FailureExplanation?) -> String? {
    explanation.map { "\($0.verdict)\n  \($0.remedy)" }
  }

  @Test(
    arguments: [
      (
        .hole,
        """
        nothing is mapped at 0x7f0000001000
          map the memory before registering it, and all of it
        """
      ),
      (
        .notReadable,
        """
        the memory at 0x7f0000001000 may not be read (PROT_NONE)
          mprotect it PROT_READ first
        """
      ),
      (
        .notWritable,
        """
        the memory at 0x7f0000001000 is read-only and local-write pins for writing
          register it for reading only, or map it PROT_READ | PROT_WRITE
        """
      ),
      (
        .readOnlyShared,
        """
        the memory at 0x7f0000001000 is a read-only shared mapping, which this kernel does not pin: \
        up to 6.1 it pins for writing even what is registered for reading
          map it PROT_READ | PROT_WRITE or MAP_PRIVATE, or use a kernel from 6.2
        """
      ),
      (
        .sharedFile,
        """
        the memory at 0x7f0000001000 is a shared mapping of a file whose writes are tracked; kernels \
        from 6.5 do not pin it for writing
          register it for reading only, map it MAP_PRIVATE, or use tmpfs, memfd or hugetlbfs
        """
      ),
      (
        .secretMemory,
        """
        the memory at 0x7f0000001000 is memfd_secret, hidden even from the kernel
          copy the data out
        """
      ),
      (
        .directAccessFile,
        """
        the file at 0x7f0000001000 is on persistent memory mapped directly (DAX), which may not be \
        pinned for long
          use an on-demand region, device DAX, or mount without dax
        """
      ),
      (
        .beyondEndOfFile,
        """
        the file ends before 0x7f0000001000
          extend the file with ftruncate, or register less
        """
      ),
      (
        .guardRegion,
        """
        the page at 0x7f0000001000 is a guard region (MADV_GUARD_INSTALL), which no access may touch
          remove it by madvise(MADV_GUARD_REMOVE), or leave it out of the range
        """
      ),
      (
        .userfaultMissing,
        """
        the page at 0x7f0000001000 is missing under userfaultfd, which is not asked for this fault: \
        the descriptor takes faults of user mode only, or the kernel cannot wait here
          populate the range before registering it, or open userfaultfd without UFFD_USER_MODE_ONLY
        """
      ),
      (
        .userfaultProtected,
        """
        the page at 0x7f0000001000 is write-protected by a userfaultfd, and local-write pins for writing
          remove the protection by UFFDIO_WRITEPROTECT before registering, or register for reading only
        """
      ),
      (
        .specialMapping,
        """
        the mapping at 0x7f0000001000 is of a device or of the kernel (VM_IO, VM_PFNMAP), which has \
        no pages to pin
          register ordinary memory; device memory goes by dma-buf
        """
      ),
    ] as [(FailureCause, String)]
  )
  func `names the place of memory that cannot be pinned`(cause: FailureCause, expected: String) {
    let defect = MappingDefect(cause: cause, address: 0x7f00_0000_1000, area: nil)
    #expect(text(Explainer().describe(defect, Self.attempt)) == expected)
  }

  @Test(
    arguments: [
      (
        .memoryControlGroup,
        """
        memory control group /job is limited to 64 MiB and uses 4 MiB: 60 MiB can be pinned
          echo 140M >/sys/fs/cgroup/job/memory.max    # as root
        """
      ),
      (
        .addressSpace,
        """
        the limit on the address space (/job) is 64 MiB, 4 MiB are mapped
          prlimit --pid $$ --as=unlimited    # as root, for this shell
        """
      ),
      (
        .dataSize,
        """
        the limit on private memory (/job) is 64 MiB, 4 MiB are mapped
          prlimit --pid $$ --data=unlimited    # as root, for this shell
        """
      ),
      (
        .commitLimit,
        """
        vm.overcommit_memory is 2: the machine may promise 64 MiB, 4 MiB are promised
          sysctl vm.overcommit_memory=0    # as root; or raise vm.overcommit_ratio
        """
      ),
    ] as [(PinBound.Kind, String)]
  )
  func `has each number of a bound once`(kind: PinBound.Kind, expected: String) {
    let bound = bound(kind, in: "memory.max", bytes: 60 << 20)
    #expect(text(.insufficient(bound, missing: 128 << 20)) == expected)
  }

  @Test(
    arguments: [
      (
        .objects,
        """
        rdma.max of control group /job allows 8 objects on rxe0 and 8 are in use
          echo 'rxe0 hca_object=max' >/sys/fs/cgroup/job/file    # as root; or release objects
        """
      ),
      (
        .contexts,
        """
        rdma.max of control group /job allows 8 open contexts on rxe0 and 8 are open
          echo 'rxe0 hca_handle=max' >/sys/fs/cgroup/job/file    # as root; or close contexts
        """
      ),
      (
        .mappings,
        """
        the process has 8 mappings and vm.max_map_count is 8: a mapping that must be split cannot be
          sysctl vm.max_map_count=32    # as root; or register fewer, larger regions
        """
      ),
      (
        .hugetlbControlGroup,
        """
        control group /job allows 64 MiB of huge pages (file) and uses 4 MiB
          echo max >/sys/fs/cgroup/job/file    # as root
        """
      ),
    ] as [(PinBound.Kind, String)]
  )
  func `has each number of a count once`(kind: PinBound.Kind, expected: String) {
    var bound = bound(kind, in: "file", bytes: 0)
    (bound.limitCount, bound.usedCount, bound.device) = (8, 8, "rxe0")
    #expect(text(.insufficient(bound, missing: 4096)) == expected)
  }

  @Test func `names the argument that is wrong`() {
    func arguments(_ range: AddressRange, _ access: AccessFlags = []) -> String? {
      text(
        Explainer()
          .explainArguments(
            RegistrationAttempt(range, access: access, strategy: .verbs, code: .EINVAL)
          )
      )
    }
    #expect(
      arguments(AddressRange(start: 4096, length: 0))
        == "the range is empty\n  register at least one byte"
    )
    #expect(
      arguments(AddressRange(start: 4096, length: .max))
        == "address plus length passes the end of the address space\n"
        + "  check the length; a negative one turns huge"
    )
    #expect(
      arguments(AddressRange(start: 4096, length: 1), [.remoteWrite])
        == "remote-write and remote-atomic need local-write as well\n"
        + "  add local-write (IBV_ACCESS_LOCAL_WRITE)"
    )
  }

  @Test func `names the size that a driver and io_uring refuse`() {
    let rxe = DeviceTraits(name: "rxe0", driver: "rxe", kernel: KernelRelease(6, 12))
    #expect(
      text(Explainer(device: rxe).explainDriverSize(Self.attempt))
        == "rxe on rxe0 registers 1 GiB in one region at most, and this is 2 GiB\n"
        + "  register the memory in regions of 1 GiB or less"
    )
    var ring = Self.attempt
    ring.strategy = .ioUring
    #expect(
      text(Explainer().explainRingSize(ring))
        == "io_uring registers 1 GiB in one buffer at most, and this is 2 GiB\n"
        + "  register the memory in buffers of 1 GiB or less"
    )
  }

  @Test(arguments: FailureCause.allCases)
  func `has a short form that leaves room for a size in 120 characters`(cause: FailureCause) {
    #expect(!cause.phrase.isEmpty)
    #expect(cause.phrase.unicodeScalars.count <= FailureExplanation.briefLength)
    let long = FailureExplanation(cause, String(repeating: "x", count: 200), remedy: "")
    #expect(long.brief == cause.phrase)
    #expect("memreg: 1023.9 MiB do not fit: \(long.brief)".unicodeScalars.count <= 120)
    let short = FailureExplanation(cause, "64 MiB are pinned", remedy: "")
    #expect(short.brief == "64 MiB are pinned")
  }
}
