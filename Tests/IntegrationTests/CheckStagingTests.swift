import Testing

/// What the checks' staging leaves behind in the kernel, on a device of its own.
@Suite(.enabled(if: RXE.isPresent, "\(RXE.reason)"), .serialized)
struct `The rdma control group of a check` {
  private let group = "/sys/fs/cgroup/memreg-check"

  @Test func `leaves nothing that the device's removal trips over`() async throws {
    let result = try await Memreg.shell(
      """
      memreg=\(Memreg.path)
      mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
      $memreg rxe up --name rxe_staging --netdev lo || exit
      for i in 1 2 3 4 5 6; do $memreg check -d rxe_staging limits.rdma-cgroup || exit; done
      # What was freed is used by others, so that no stale pointer still finds what it expects.
      (cd /sys/fs/cgroup && seq -f reuse%g 400 | xargs mkdir) || exit
      $memreg register --size 64M >/dev/null || exit
      (cd /sys/fs/cgroup && rmdir reuse*) || exit
      before=$(dmesg | wc -l)
      $memreg rxe down rxe_staging || exit
      dmesg | tail -n +$((before + 1)) | grep -E 'BUG|Oops|list_del|general protection'
      [ $? = 1 ]
      """
    )
    #expect(result.status == 0, "\(result.output) \(result.error)")
    #expect(result.output.contains("removed rxe_staging"))
  }

  @Test func `is removed with its limits after its process was killed, and not before`()
    async throws
  {
    let result = try await Memreg.shell(
      """
      mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
      echo +rdma > /sys/fs/cgroup/cgroup.subtree_control
      for name in left held; do
        mkdir \(group)-$name
        echo 'rxe0 hca_handle=7 hca_object=3' > \(group)-$name/rdma.max
      done
      flock \(group)-held \(Memreg.path) check limits.rdma-cgroup || exit
      cat \(group)-held/rdma.max
      ls -d \(group)-* /tmp/memreg-check-*
      \(Memreg.path) check limits.rdma-cgroup >/dev/null || exit
      ls -d \(group)-*
      """
    )
    #expect(result.output.contains("\nrxe0 hca_handle=7 hca_object=3 \n\(group)-held\n"))
    #expect(result.error.contains("cannot access '\(group)-*'"), "\(result.error)")
    #expect(!result.output.contains("/tmp/memreg-check"), "\(result.output)")
  }
}
