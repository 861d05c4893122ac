import Testing

/// A check that changes the system, how that shows to a shell without forking, and how it shows that it is over.
private struct StagedChange: CustomTestStringConvertible, Sendable {
  let check: String
  let isStaged: String
  let left: String

  var testDescription: String { check }

  static let all = [
    StagedChange(
      check: "dma-pinned.merging-refused",
      isStaged: "read -r n < /sys/kernel/mm/ksm/run && [ $n = 1 ]",
      left:
        "cat /sys/kernel/mm/ksm/run /sys/kernel/mm/ksm/pages_to_scan /sys/kernel/mm/ksm/sleep_millisecs"
    ),
    StagedChange(
      check: "dma-pinned.not-swapped",
      isStaged: "{ read -r n; read -r n; } < /proc/swaps",
      left: "cat /proc/swaps; ls /sys/block | grep -c zram"
    ),
    StagedChange(
      check: "removal.idle-regions",
      isStaged: "[ -e /sys/class/infiniband/mrcheck0 ]",
      left: "ls /sys/class/infiniband /sys/class/net"
    ),
    StagedChange(
      check: "limits.rdma-cgroup",
      isStaged: "set -- /sys/fs/cgroup/memreg-check-*; [ -e $1 ]",
      left: "ls -d /sys/fs/cgroup/memreg-check-*; cat /sys/fs/cgroup/cgroup.subtree_control"
    ),
    StagedChange(
      check: "dma-pinned.device-writes-reach-the-file",
      isStaged: "set -- /tmp/memreg-check-*; [ -e $1 ]",
      left: "ls -d /tmp/memreg-check-*; losetup -a"
    ),
  ]
}

@Suite(.enabled(if: RXE.isPresent, "\(RXE.reason)"), .serialized)
struct `What a check changes on the system` {
  /// Of both processes: the command, and the check that it started.
  private static let prologue = """
    memreg=\(Memreg.path); out=$(mktemp -d)
    mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
    modprobe -q zram; modprobe -q loop
    """

  @Test(.timeLimit(.minutes(3)), arguments: StagedChange.all)
  fileprivate func `is restored by the next start after SIGKILL`(_ change: StagedChange)
    async throws
  {
    let result = try await Memreg.shell(
      """
      \(Self.prologue)
      state() { { \(change.left); } 2>/dev/null; }
      state > $out/before
      # Some are staged for milliseconds only.
      for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        $memreg check \(change.check) > $out/said 2>&1 & c=$!
        until \(change.isStaged); do [ -e /proc/$c/fd/1 ] || break; done
        kill -9 $c 2>/dev/null; wait $c
        state > $out/killed; cmp -s $out/before $out/killed || break
        grep ^skip $out/said && exit 2
      done
      cmp -s $out/before $out/killed && { echo 'never caught'; cat $out/said; exit 3; }
      $memreg check accounting.whole-page > $out/next 2>&1 || { cat $out/next; exit 4; }
      state > $out/after; diff $out/before $out/after || exit 5
      grep '^memreg: restored' $out/next; ls -A /run/memreg-staged; rm -r $out
      """
    )
    if result.status == 2 { try Test.cancel("\(result.output)") }
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 1, "\(result.output)")
    #expect(
      lines.first?.hasPrefix("memreg: restored what a process that was killed had changed: ")
        == true,
      "\(result.output)"
    )
  }

  @Test(.timeLimit(.minutes(3)))
  func `is restored when SIGINT ends the command in the middle`() async throws {
    let result = try await Memreg.shell(
      """
      \(Self.prologue)
      cat /sys/kernel/mm/ksm/run
      $memreg check dma-pinned.merging-refused > $out/said 2>&1 & c=$!
      until read -r n < /sys/kernel/mm/ksm/run && [ $n = 1 ]; do [ -e /proc/$c/fd/1 ] || break; done
      kill -INT $c; wait $c; echo "status $?"
      cat /sys/kernel/mm/ksm/run; ls -A /run/memreg-staged; rm -r $out
      """
    )
    #expect(result.output == "0\nstatus 130\n0\n", "\(result.output)\(result.error)")
  }

  @Test(.timeLimit(.minutes(3)))
  func `does not happen with --safe, which is the default outside the microVM`() async throws {
    let checks = StagedChange.all.map(\.check).joined(separator: " ")
    let result = try await Memreg.shell(
      """
      \(Self.prologue)
      $memreg check --safe \(checks); echo "status $?"
      echo 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 quiet' > $out/cmdline
      mount --bind $out/cmdline /proc/cmdline || exit
      $memreg check \(checks) accounting.whole-page | tail -n 1
      umount /proc/cmdline; rm -r $out
      """
    )
    for change in StagedChange.all {
      #expect(result.output.contains(try Regex("skip +\(change.check)  would [a-z]")))
    }
    #expect(result.output.contains("--no-safe"))
    #expect(result.output.contains("status 0\n"))
    #expect(result.output.contains("1 passed, 0 failed, 5 skipped"), "\(result.output)")
  }
}
