import LinuxSystem
import Testing

/// A container of podman in a user namespace of its own, whose root is nobody outside, as a rootless one has it.
@Suite(
  .enabled(
    if: RXE.isPresent && hasPodman,
    "needs rxe0, which the microVM has, and podman"
  )
)
struct `A container in a user namespace` {
  /// Runs `memreg` in a container that `start` begins, "podman run" with its first options.
  private func memreg(_ arguments: String, in start: String) async throws -> Memreg.Result {
    try await Memreg.shell(
      """
      w=$(mktemp -d); root=$w/rootfs
      mkdir -p $root/proc $root/dev $root/sys $root/tmp $root/run
      touch $root/run/.containerenv
      for d in usr lib lib64 bin etc opt; do mkdir $root/$d; mount --bind /$d $root/$d; done
      touch $root/memreg; mount --bind \(Memreg.path) $root/memreg
      chmod 755 $w $root
      podman() {
        command podman --root $w/root --runroot $w/state --storage-driver vfs --cgroup-manager cgroupfs \
          --events-backend none "$@"
      }
      \(start) --rm --network none --cgroups disabled --uidmap 0:100000:65536 --gidmap 0:100000:65536 \
        --cap-add IPC_LOCK --device /dev/infiniband/uverbs0 --rootfs $root /memreg \(arguments)
      status=$?
      for d in usr lib lib64 bin etc opt; do umount $root/$d; done
      umount $root/memreg
      rm -r --one-file-system $w
      exit $status
      """
    )
  }

  @Test func `is bound by what the runtime set, and registers after the remedy as printed`()
    async throws
  {
    let bound = "podman run --ulimit memlock=65536:65536"
    let explained = try await memreg("explain --size 128K --json", in: bound)
    #expect(explained.status == 1, "\(explained.output) \(explained.error)")
    let report = try explained.document()
    #expect(report["cause"] as? String == "memlock_limit")
    #expect(
      report["verdict"] as? String
        == "the memlock limit (RLIMIT_MEMLOCK) is 64 KiB, nothing is pinned yet"
    )
    #expect(report["set_by"] as? String == "the container runtime")
    let evidence = try #require(report["evidence"] as? [String])
    #expect(evidence.contains { $0.hasPrefix("CAP_IPC_LOCK is inert") }, "\(evidence)")
    let remedy = try #require(report["remedy"] as? String)
    #expect(remedy.hasPrefix("podman run --ulimit memlock=-1:-1    # before the other options"))
    let start = remedy.prefix { $0 != "#" }
    let registered = try await memreg("register --size 128K", in: String(start))
    #expect(registered.status == 0, "\(registered.output) \(registered.error)")
  }
}

private let hasPodman = Directory.names(in: "/usr/bin").contains("podman")
