import LinuxSystem
import Testing

@Suite struct `A file to read` {
  private static let emulated: Comment =
    "reads hundreds of MiB, minutes where instructions are emulated; the unit tests run it natively"

  /// Commands that read a file of somebody's, the file last.
  private static let readers = [
    "report", "cache", "fuzz --replay", "bench --strategy io_uring --sizes 4K -n 5 --compare",
  ]

  /// Runs `body`, a line of shell in a directory of its own where $memreg is bounded in memory and time.
  private func run(_ body: String) async throws -> Memreg.Result {
    try await Memreg.shell(
      """
      memreg=$PWD/\(Memreg.path); dir=$(mktemp -d); cd $dir; trap 'rm -r $dir' EXIT
      ulimit -v 4000000; ulimit -t 60
      \(body)
      """
    )
  }

  @Test(arguments: readers)
  func `that has no end or no writer, or is none, gets status 65 and one line`(reader: String)
    async throws
  {
    let socket = "import socket; socket.socket(socket.AF_UNIX).bind('socket')"
    for path in ["/dev/zero", "fifo", "/dev/stdin", "socket"] {
      let result = try await run(
        "mkfifo fifo; python3 -c \"\(socket)\"; true | $memreg \(reader) \(path)"
      )
      #expect(result.status == 65)
      #expect(
        result.error
          == "memreg: cannot read \(path): it is no regular file; - reads standard input\n"
      )
    }
  }

  @Test(.enabled(if: !Machine.isEmulated, Self.emulated), arguments: readers)
  func `beyond a limit gets status 65, from a pipe as well`(reader: String) async throws {
    let limit = reader == "cache" ? "line 1 is longer than 1 MiB" : "it has more than 256 MiB"
    let file = try await run("truncate -s 300M big; $memreg \(reader) big")
    #expect(file.status == 65)
    #expect(file.error == "memreg: cannot read big: \(limit)\n")
    let pipe = try await run("head -c 300M /dev/zero | $memreg \(reader) -")
    #expect(pipe.status == 65)
    #expect(pipe.error == "memreg: cannot read -: \(limit)\n")
  }

  @Test(.enabled(if: !Machine.isEmulated, Self.emulated))
  func `with too many values gets status 65`() async throws {
    let result = try await run(
      """
      { printf '{"schema":"memreg.limits/1","x":[0'; yes ,0 | tr -d '\\n' | head -c 40000000; printf ']}'; } > file
      $memreg report file
      """
    )
    #expect(result.status == 65)
    #expect(result.error == "memreg: cannot report file: it has more than 16777216 values\n")
  }

  /// Lists whose entries all differ, by the schema that has them; each `$i` is a number of its own.
  private static let lists = [
    (
      "bench", "cases",
      #"{"strategy":"s","memory":"m","size_bytes":$i,"phases":[{"phase":"pair","p50_ns":$i}]}"#
    ),
    (
      "bench", "cases",
      #"{"strategy":"s$i","memory":"m","size_bytes":$i,"phases":[{"phase":"pair","p50_ns":$i}]}"#
    ),
    ("bench", "models", #"{"strategy":"s$i","phase":"pair","base_ns":$i,"per_page_ps":$i}"#),
    ("check", "checks", #"{"name":"a$i","group":"g$i","verdict":"failed"}"#),
    (
      "coherence", "cells",
      #"{"operation":"o$i","registration":"r$i","memory":"m$i","verdict":"stale"}"#
    ),
    ("cache", "policies", #"{"policy":"p$i","pinned_bytes":[1,2]}"#),
    ("fuzz", "found", #"{"difference":"d$i","script":["a"]}"#),
    ("limits", "hugetlb_pools", #"{"page_bytes":$i,"total_pages":$i}"#),
  ]

  @Test(.enabled(if: !Machine.isEmulated, Self.emulated), arguments: lists)
  func `with as many entries as a list may have is shown, and one more gets status 65`(
    schema: String,
    list: String,
    entry: String
  ) async throws {
    let generate =
      #"import sys; n, s, l, e = sys.argv[1:]; print('{"schema":"memreg.' + s + '/1","' + l + '":[' + "#
      + #"','.join(e.replace('$i', str(i + 1)) for i in range(int(n))) + ']}')"#
    let result = try await run(
      """
      cat > make.py <<'END'
      \(generate)
      END
      for n in 16384 16385; do
        python3 make.py $n \(schema) \(list) '\(entry)' > file; $memreg report file > page; echo "status $?"
      done
      """
    )
    #expect(result.output == "status 0\nstatus 65\n", "\(result.error)")
    #expect(
      result.error == "memreg: cannot report file: a list in it has more than 16384 entries\n"
    )
  }

  @Test(arguments: readers)
  func `with nothing or nonsense in it gets status 65 and one line`(reader: String) async throws {
    for content in ["", "nonsense", "\\0", "{}", "[", "\\377\\376"] {
      let result = try await run("printf '\(content)' > file; $memreg \(reader) file")
      #expect(result.status == 65, "\(reader) \(content): \(result.error)")
      #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
      #expect(result.output == "")
    }
  }

  @Test(arguments: readers)
  func `that is a directory gets status 65, on standard input too`(reader: String) async throws {
    let result = try await run("$memreg \(reader) - < /")
    #expect(result.status == 65)
    #expect(result.error == "memreg: cannot read -: it is a directory\n")
    // Of a directory the report takes the documents in it.
    let named = try await run("$memreg \(reader) /proc/self/fdinfo")
    #expect(named.status == 65)
    #expect(named.error.split(separator: "\n").count == 1, "\(named.error)")
  }

  @Test func `is standard input for a dash`() async throws {
    let report = try await run("$memreg limits --json | $memreg report -")
    #expect(report.status == 0)
    #expect(report.output.contains("| - | memreg.limits/1 |"))
    let trace = #"{"event":"trace","schema":"memreg.trace/1"}\n"#
    let use =
      #"{"event":"register","region":1,"address":4096,"length_bytes":4096,"access":1,"errno":0}\n"#
    let cache = try await run("printf '\(trace)\(use)' | $memreg cache --strategy io_uring -")
    #expect(cache.status == 0, "\(cache.error)")
    let base = try await run(
      "b='bench --strategy io_uring --sizes 4K -n 20 --json'; $memreg $b | $memreg $b --compare -"
    )
    #expect(base.status == 0, "\(base.error)")
    #expect(base.error.contains("Comparison"))
  }

  @Test func `to register from may be a pipe without a writer, which has no bytes`() async throws {
    let result = try await run(
      "mkfifo fifo; $memreg register --strategy io_uring --memory file:$dir/fifo"
    )
    #expect(result.status == 71)
    #expect(result.error.contains("the file has 0 bytes"), "\(result.error)")
  }
}
