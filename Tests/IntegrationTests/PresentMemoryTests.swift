import Testing

/// Registrations in a control group that leaves less memory than they are long, and that need no more of it.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Memory that is there already` {
  static let directory = "/run/memreg-present"

  /// Explains and registers `options` in a group limited to 24 MiB, after `setup`; then `end`.
  private func memreg(
    _ options: String,
    after setup: String,
    end: String = ""
  ) async throws -> Memreg.Result {
    try await Memreg.shell(
      inGroup: "present",
      of: "memory",
      after: """
        echo 24M > $g/memory.max
        mkdir -p \(Self.directory); mount -t tmpfs none \(Self.directory)
        \(setup)
        """,
      "\(Memreg.path) explain \(options) | head -n 1; \(Memreg.path) register \(options) >&2; echo status $?",
      end: """
        awk '/^oom_kill / { print "killed", $2 }' $g/memory.events
        umount \(Self.directory); rmdir \(Self.directory)
        \(end)
        rmdir $g
        """
    )
  }

  @Test(arguments: ["hugetlb", "file:\(Self.directory)/f"])
  func `takes nothing from the group: huge pages of the pool, and a file in memory`(
    kind: String
  ) async throws {
    let result = try await memreg(
      "--memory \(kind) --size 28M",
      after: "dd if=/dev/zero of=\(Self.directory)/f bs=1M count=28 status=none"
    )
    #expect(
      result.output == """
        it can be registered: 7168 pages, tried: charged and given back
        status 0
        killed 0

        """,
      "\(result.error)"
    )
  }

  @Test func `makes room where there is swap, and is named with its numbers where there is none`()
    async throws
  {
    let full =
      "(echo 0 > $g/cgroup.procs; dd if=/dev/zero of=\(Self.directory)/f bs=1M count=12 status=none)"
    let refused = try await memreg("--size 12M", after: full)
    let lines = refused.output.split(separator: "\n")
    #expect(
      lines.first?
        .hasPrefix(
          "memory_control_group: memory control group /present is limited to 24 MiB and uses "
        )
        == true,
      "\(refused.output) \(refused.error)"
    )
    #expect(lines.suffix(2) == ["status 71", "killed 0"])
    let swapping = try await memreg(
      "--size 12M",
      after: """
        modprobe zram; n=$(cat /sys/class/zram-control/hot_add)
        echo 64M > /sys/block/zram$n/disksize; mkswap /dev/zram$n >/dev/null; swapon /dev/zram$n
        \(full)
        """,
      end: "swapoff /dev/zram$n; echo $n > /sys/class/zram-control/hot_remove"
    )
    #expect(
      swapping.output == """
        it should fit if the kernel swaps or drops page cache; not tried, lest memory run out
        status 0
        killed 0

        """,
      "\(swapping.error)"
    )
  }
}
