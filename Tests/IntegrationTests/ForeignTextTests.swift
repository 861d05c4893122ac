import HostMemory
import LinuxSystem
import Testing

@Suite struct `Foreign text` {
  /// A newline, colours, a bell, C1 controls, a separator of lines and reversed text, for the shell's printf.
  private static let steering =
    #"a\nmemreg: b\r\033[31m\007\302\233\302\205\342\200\250\342\200\256\342\201\246c"#

  private func isLines(_ text: String) -> Bool { text.printableLines == text }

  @Test(arguments: [
    "report \"$x\"", "cache \"$x\"", "bench --strategy io_uring --compare \"$x\"",
    "bench --strategy io_uring --memory \"file:$x\" --sizes 4K -n 5",
    "bench --strategy io_uring --sizes 4K -n 5 --export-json \"/nonexistent/$x\"",
    "fuzz --replay \"$x\"", "check \"$x\"", "check -d \"$x\"", "coherence --operation \"$x\"",
    "register --size \"$x\"", "register -d \"$x\"",
    "register --memory \"file:$x\" --strategy io_uring",
    "explain --errno \"$x\"", "limits --user \"$x\"", "limits --pid \"$x\"", "limits --need \"$x\"",
    "serve --listen \"$x\"", "verify \"$x\"", "export --listen \"$x:1\"",
    "export --textfile \"/no/$x\" --once",
    "holders \"$x\"", "devices \"$x\"", "rxe up \"$x\"", "record -- \"$x\"", "top --sort \"$x\"",
    "\"$x\"", "\"--$x\"",
  ])
  func `in an argument stays on the one line of a message`(arguments: String) async throws {
    let result = try await Memreg.shell(
      "x=$(printf '\(Self.steering)'); \(Memreg.path) \(arguments)"
    )
    #expect(result.status != 0 || arguments.hasPrefix("bench"), "\(result.output)")
    #expect(isLines(result.error) && isLines(result.output), "\(result.error)")
    #expect(result.error.split(separator: "\n").count <= 1, "\(result.error)")
  }

  @Test(arguments: ["limits", "limits --need 1M", "limits --json", "limits --pid \\$\\$"])
  func `in the name of a process adds no line and steers no terminal`(arguments: String)
    async throws
  {
    let script = """
      dir=$(mktemp -d); chmod 755 $dir; trap 'rm -r $dir' EXIT; memreg=$PWD/\(Memreg.path)
      for name in 'plain' 'a\\nb\\033[31m\\342\\200\\256"\\314\\201'; do
        name=$(printf "$name"); cp /bin/sh "$dir/$name"
        \(Prometheus.limited) "$dir/$name" -c "ulimit -l 64; $memreg \(arguments); echo =; true"
      done
      """
    let result = try await Memreg.shell(script)
    #expect(isLines(result.output) && isLines(result.error))
    let answers = result.output.split(separator: "=\n")
    try #require(answers.count == 2, "\(result.output)\(result.error)")
    #expect(answers[1].contains("a?b?[31m?") || answers[1].contains(#"a\nb\u001b[31m\u202e"#))
    #expect(
      answers[0].split(separator: "\n").count == answers[1].split(separator: "\n").count,
      "\(result.output)"
    )
  }

  @Test func `in the names of processes that pin is read by promtool, and shown on one line`()
    async throws
  {
    let result = try await Memreg.shell(
      Prometheus.prologue + """
        for name in 'q"\\314\\201' '\\330\\200"\\330\\200' 'a\\nb\\033[31m' '\\\\\\\\n\\377"' '\\\\\\\\'; do
          name=$(printf "$name"); cp \(Memreg.path) "$dir/$name"
          "$dir/$name" register --strategy io_uring --size 4K --hold > "$dir/held" & pids="$pids $!"
          await 'grep -q held "$dir/held"'; rm "$dir/held"
        done
        # 3: the name of a counter of OpenMetrics is none of the older format. 1 would be a page that cannot be read.
        \(Memreg.path) export > $dir/page; promtool check metrics < $dir/page 2> /dev/null; test $? = 3 || exit 1
        grep -c 'process_pinned.*} 4096' $dir/page
        \(Memreg.path) top --once > $dir/top; LC_ALL=C.UTF-8 grep -c '  4 KiB' $dir/top
        \(Memreg.path) top --once --json | grep -c '"name":"a\\\\nb\\\\u001b\\[31m"'
        cat $dir/top
        """
    )
    #expect(result.status == 0, "\(result.error)")
    #expect(isLines(result.output), "\(result.output)")
    #expect(result.output.hasPrefix("5\n5\n1\n"), "\(result.output)")
  }
}
