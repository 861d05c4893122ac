import Foundation
import Testing

@Suite struct `memreg top` {
  /// Waits half a minute at most.
  static func waitUntil(_ condition: String) -> String {
    "n=0; until \(condition); do n=$((n + 1)); test $n -lt 600 || break; sleep 0.05; done"
  }

  // Without capabilities: from 7.3 the kernel does not charge a ring's buffers to who has CAP_IPC_LOCK.
  @Test func `shows a process that pins by io_uring, without any device`() async throws {
    let result = try await Memreg.shell(
      """
      drop=
      test "$(id -u)" != 0 || drop='setpriv --inh-caps=-all --bounding-set=-all'
      $drop \(Memreg.path) register --strategy io_uring --size 1M --count 3 --hold > /dev/null & holder=$!
      \(Self.waitUntil("grep -q '^VmPin:.* 3072 kB' /proc/$holder/status"))
      echo $holder
      \(Memreg.path) top --once --json --filter $holder
      \(Memreg.path) top --once --filter $holder
      kill $holder; wait $holder
      """
    )
    let lines = result.output.split(separator: "\n").map(String.init)
    let pid = try #require(Int(lines[0]))
    let sample = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: Any]
    )
    #expect(sample["schema"] as? String == "memreg.top/1")
    #expect((sample["accounted_bytes"] as? Int ?? 0) >= 3_145_728)
    let processes = try #require(sample["processes"] as? [[String: Any]])
    #expect(processes.count == 1)
    let process = try #require(processes.first)
    #expect(process["pid"] as? Int == pid)
    #expect(process["name"] as? String == "memreg")
    #expect(process["pinned_bytes"] as? Int == 3_145_728)
    #expect(process["mrs"] as? Int == 0)
    #expect(process["residual_bytes"] as? Int == 3_145_728)
    #expect(process["pinned_bytes_per_second"] == nil)
    #expect(
      process["command_line"] as? String
        == "\(Memreg.path) register --strategy io_uring --size 1M --count 3 --hold"
    )
    #expect((process["control_group"] as? String)?.hasPrefix("/") == true)
    #expect(process["slurm_job"] == nil && process["pod_uid"] == nil)
    #expect(lines.last?.contains("memreg") == true)
    #expect(lines.last?.contains("3 MiB") == true)
  }

  @Test(
    .enabled(if: !RXE.isPresent, "needs no device; runs natively"),
    .timeLimit(.minutes(10))
  )
  func `sorts, filters and fits the window by keys on a terminal, without clearing it`()
    async throws
  {
    let result = try await Memreg.shell(
      """
      dir=$(mktemp -d); mkfifo $dir/keys
      see() { n=0; until grep -qF "$1" $dir/screen; do n=$((n + 1)); test $n -lt 300 || exit 9; sleep 0.1; done; }
      script -qefc 'stty cols 120 rows 20; echo $$ > '$dir'/pid; exec \(Memreg.path) top --interval 0.2' \
        /dev/null < $dir/keys > $dir/screen & terminal=$!
      trap 'kill $terminal 2>/dev/null' EXIT
      exec 3> $dir/keys
      see '[p pinned]'; printf m >&3; see '[m mrs]'
      printf /zz >&3; see 'filter: zz_'; printf '\\r' >&3; see '/ filter: zz  q'
      printf '\\033[A' >&3
      stty -F /proc/$(cat $dir/pid)/fd/0 cols 21 rows 5; see 'sort: p pinned h head\u{1b}[K'
      printf q >&3; exec 3>&-; wait $terminal; status=$?; cat $dir/screen; rm -r $dir; exit $status
      """
    )
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(!result.output.contains("\u{1b}[2J"))
    #expect(result.output.contains("\u{1b}[?1049h"))
    #expect(result.output.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"))
    let pictures = result.output.components(separatedBy: "\u{1b}[H").dropFirst()
    let last = try #require(pictures.last).components(separatedBy: "\u{1b}[J")[0]
      .replacing("\r\n", with: "\n")
    let lines = last.components(separatedBy: "\n").map { $0.replacing("\u{1b}[K", with: "") }
    #expect(lines.count <= 4)
    #expect(lines.allSatisfy { $0.count <= 21 }, "\(lines)")
  }

  // 76 KiB are left of 1,100, which is less than a tenth. A user of its own: io_uring charges a counter of the user too.
  @Test(
    .enabled(if: !RXE.isPresent, "needs no device; runs natively"),
    .timeLimit(.minutes(10)),
    .serialized,
    arguments: [("TERM=xterm", true), ("TERM=dumb", false), ("TERM=xterm NO_COLOR=1", false)]
  )
  func `shows commands, keys and a tree, filters while one types, and warns of low headroom`(
    environment: String,
    isColoured: Bool
  ) async throws {
    let result = try await Memreg.shell(
      """
      dir=$(mktemp -d); mkfifo $dir/keys
      see() { n=0; until grep -qF "$1" $dir/screen; do n=$((n + 1)); test $n -lt 300 || exit 9; sleep 0.1; done; }
      drop=
      test "$(id -u)" != 0 || drop='setpriv --reuid 61441 --clear-groups --inh-caps=-all --bounding-set=-all'
      prlimit --memlock=1126400:1126400 $drop \(Memreg.path) register --strategy io_uring --size 1M --hold > /dev/null & holder=$!
      trap 'kill $holder $terminal 2>/dev/null' EXIT
      \(Self.waitUntil("grep -q '^VmPin:.* 1024 kB' /proc/$holder/status"))
      unset NO_COLOR
      script -qefc 'stty cols 220 rows 40; exec env \(environment) \(Memreg.path) top --interval 0.2' \
        /dev/null < $dir/keys > $dir/screen & terminal=$!
      exec 3> $dir/keys
      see 'register --strategy io_uring --size 1M --hold'; see '76 KiB !'
      printf '?' >&3; see 'sort by headroom, least first'; printf ' ' >&3
      : > $dir/screen; printf '/no such command' >&3; see 'no process has pinned memory'
      : > $dir/screen; printf '\\177%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 >&3; printf 'io_uring --si' >&3
      see 'filter: io_uring --si_'; see "$holder"; printf '\\r' >&3
      : > $dir/screen; printf bb >&3; see 'no job'
      cat $dir/screen > $dir/last
      printf q >&3; exec 3>&-; wait $terminal; status=$?; kill $holder
      cat $dir/last; rm -r $dir; exit $status
      """
    )
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(result.output.contains("\u{1b}[33m76 KiB !\u{1b}[0m") == isColoured)
    #expect(result.output.contains("76 KiB !"))
    #expect(result.output.contains("\u{1b}[1mno job\u{1b}[0m") == isColoured)
  }

  @Test func `prints a line per sample until a signal, and exits 130`() async throws {
    let result = try await Memreg.shell(
      """
      out=$(mktemp); \(Memreg.path) top --json --interval 0.01 > $out & top=$!
      \(Self.waitUntil("test \"$(wc -l < $out)\" -ge 3"))
      kill -INT $top; wait $top; status=$?; cat $out; rm $out; exit $status
      """
    )
    #expect(result.status == 130)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count >= 3)
    for line in lines {
      #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }
  }

  @Test(
    arguments: [
      ["--interval", "0"], ["--interval", "-1"], ["--sort", "size"], ["--by", "user"],
      ["--json", "--by", "job"],
    ]
  )
  func `refuses nonsense in one line`(arguments: [String]) async throws {
    try await Memreg.expectRefusal(of: ["top"] + arguments)
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg top on rxe` {
  @Test func `shows regions, device, limit and residual of a process`() async throws {
    let result = try await Memreg.shell(
      """
      \(Memreg.path) register -d rxe0 --size 6000 --count 4 --hold > /dev/null & holder=$!
      \(`memreg top`.waitUntil("grep -q '^VmPin:.* 32 kB' /proc/$holder/status"))
      \(Memreg.path) top --once --json --filter $holder
      kill $holder; wait $holder
      """
    )
    let sample = try result.document()
    let process = try #require((sample["processes"] as? [[String: Any]])?.first)
    #expect(process["pinned_bytes"] as? Int == 32768)
    #expect(process["mrs"] as? Int == 4)
    #expect(process["mr_bytes"] as? Int == 24000)
    #expect(process["residual_bytes"] as? Int == 8768)
    #expect(process["devices"] as? [String] == ["rxe0"])
    #expect(process["limit_binds"] as? Bool == false)
    #expect((sample["system_pinned_bytes"] as? Int ?? 0) >= 32768)
    let shares = process["regions_by_device"] as? [[String: Any]]
    #expect(shares?.count == 1)
    #expect(shares?.first?["device"] as? String == "rxe0")
    #expect(shares?.first?["mrs"] as? Int == 4)
    #expect(shares?.first?["mr_bytes"] as? Int == 24000)
  }

  /// Control groups named as Slurm and the kubelet name them, with a process in each that registers.
  @Test func `names the Slurm job, the Pod and the container of a process by its control groups`()
    async throws
  {
    let id = String(repeating: "0123456789abcdef", count: 4)
    let pod = "kubepods/burstable/pod9f0c1d2e-3a4b-4c5d-8e6f-001122334455/\(id)"
    let result = try await Memreg.shell(
      """
      mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
      job=/sys/fs/cgroup/system.slice/slurmstepd.scope/job_4711/step_0/user/task_0
      pod=/sys/fs/cgroup/\(pod)
      mkdir -p $job $pod
      (echo 0 > $job/cgroup.procs; exec \(Memreg.path) register -d rxe0 --size 64K --hold > /dev/null) & one=$!
      (echo 0 > $pod/cgroup.procs; exec \(Memreg.path) register -d rxe0 --size 32K --hold > /dev/null) & two=$!
      \(`memreg top`.waitUntil("grep -q '^VmPin:.* 64 kB' /proc/$one/status"))
      \(`memreg top`.waitUntil("grep -q '^VmPin:.* 32 kB' /proc/$two/status"))
      \(Memreg.path) top --once --json --filter memreg
      \(Memreg.path) top --once --by job --filter memreg
      \(Memreg.path) top --once --by cgroup --filter memreg
      \(Memreg.path) top --once --by device --filter memreg
      kill $one $two; wait $one $two
      rmdir $job $pod
      """
    )
    let lines = result.output.split(separator: "\n").map(String.init)
    let sample = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
    )
    let processes = try #require(sample["processes"] as? [[String: Any]])
    let inJob = try #require(processes.first { $0["slurm_job"] as? Int == 4711 })
    #expect(inJob["slurm_step"] as? String == "0")
    #expect(inJob["pod_uid"] == nil && inJob["container"] == nil)
    let inPod = try #require(processes.first { $0["container"] as? String == id })
    #expect(inPod["pod_uid"] as? String == "9f0c1d2e-3a4b-4c5d-8e6f-001122334455")
    #expect(inPod["control_group"] as? String == "/\(pod)")
    #expect(inPod["slurm_job"] == nil && inPod["slurm_step"] == nil)
    #expect(lines.contains { $0.hasPrefix("Slurm job 4711 ") && $0.contains("64 KiB") })
    #expect(lines.contains { $0.hasPrefix("Pod 9f0c1d2e-3a4b-4c5d-8e6f-001122334455 ") })
    #expect(lines.contains { $0.hasPrefix("~") && $0.contains("/0123456789ab~ ") }, "\(lines)")
    #expect(lines.contains { $0.hasPrefix("rxe0 ") && $0.contains("96 KiB") })
  }
}
