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
    #expect(lines.last?.contains("memreg") == true)
    #expect(lines.last?.contains("3 MiB") == true)
  }

  @Test(
    .enabled(if: !RXE.isPresent, "needs no device; runs natively"),
    .timeLimit(.minutes(2))
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

  @Test(arguments: [["--interval", "0"], ["--interval", "-1"], ["--sort", "size"]])
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
  }
}
