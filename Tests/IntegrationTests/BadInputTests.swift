import LinuxSystem
import Testing

@Suite struct `Bad input` {
  @Test(arguments: ["0", "-1", "1Q", "1e30", "99999999999999999999", "", "1MB"])
  func `in a size gets one line and status 64`(size: String) async throws {
    let result = try await Memreg.run("register", "--strategy", "io_uring", "--size", size)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.error.hasPrefix("memreg: "))
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test(
    arguments: [
      (["--memory", "file:/nonexistent"], "No such file or directory (ENOENT)"),
      (["--memory", "file:/dev/null"], "the file has 0 bytes"),
      (["--memory", "hugetlb:1G", "--size", "64G"], "ENOMEM"),
    ] as [([String], String)]
  )
  func `in a memory kind says what is wrong and exits 71`(
    arguments: [String],
    text: String
  ) async throws {
    let result = try await Memreg.shell(
      [Memreg.path, "register", "--strategy", "io_uring"] + arguments
    )
    #expect(result.status == 71)
    #expect(result.error.contains(text), "\(result.error)")
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test(arguments: [
    ["register", "--count", "0"], ["register", "--access", "everything"],
    ["register", "--memory", "swap"], ["register", "--strategy", "magic"], ["nonsense"],
    ["register", "--nonsense"], ["register", "--size", "8E", "--count", "4"],
  ])
  func `in other arguments gets one line and status 64`(arguments: [String]) async throws {
    try await Memreg.expectRefusal(of: arguments)
  }
}

@Suite struct `An option with nothing behind its equals sign` {
  @Test(
    arguments: [
      ("bench --sizes= -n 2", "--sizes: '' has an empty item"),
      ("bench --sizes 4K --threads= -n 2", "--threads: ''"), ("limits --need= --json", "''"),
      ("register --size= --strategy io_uring", "''"), ("top --interval= 2", "''"),
      ("report --html= /dev/null", "''"),
    ]
  )
  func `is said to be empty, and takes no other argument for its value`(
    arguments: String,
    text: String
  ) async throws {
    let result = try await Memreg.shell("exec timeout 20 \(Memreg.path) \(arguments)")
    #expect(result.status == 64, "\(arguments): \(result.error)")
    #expect(result.error.contains(text), "\(arguments): \(result.error)")
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test func `behind -- belongs to another command`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) record -o /dev/null -- printf '<%s>' --sizes= x"
    )
    #expect(result.output == "<--sizes=><x>", "\(result.error)")
  }
}

@Suite struct `Bytes that are no UTF-8` {
  @Test func `come to a program that memreg runs, in arguments and environment`() async throws {
    for command in ["record -o /dev/null", "explain"] {
      let result = try await Memreg.shell(
        """
        export X=$(printf 'x\\377\\314') A=$(printf 'a\\376')
        \(Memreg.path) \(command) -- sh -c 'printf %s "$X$1"' - "$A" | od -An -tx1
        """
      )
      #expect(result.output == " 78 ff cc 61 fe\n", "\(result.error)")
    }
  }

  @Test(arguments: ["report", "bench --export-json", "record -o", "limits --user", ""])
  func `are no argument of memreg`(arguments: String) async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) \(arguments) \"$(printf 'a\\377')\" -- true"
    )
    #expect(result.status == 64)
    #expect(result.error == "memreg: 'a\u{fffd}' is no UTF-8, which memreg takes\n")
  }
}

/// `ulimit -s` is the largest that the first thread's stack grows to, and what every other thread gets. Of it the
/// arguments and the environment are taken, and up to 8 KiB at random; then the dynamic loader and the Swift runtime need
/// theirs, before memreg's first instruction. Of 100 starts with 16 KiB 21 end there by SIGSEGV, and with 8 KiB of
/// environment all, as do those of a C program that does nothing.
@Suite struct `A small stack` {
  private static let commands =
    [
      ("--version", 0), ("limits --json", 0), ("report README.md", 65), ("top --once", 0),
      ("bench --strategy io_uring --sizes 4K --threads 1,2 -n 20", 0),
      ("cache --pattern ring --strategy io_uring --uses 100", 0), ("nonsense", 64),
      ("help nosuch", 64),
    ] as [(String, Int32)]

  @Test(arguments: commands)
  func `of 32 KiB is enough for every command`(arguments: String, status: Int32) async throws {
    let result = try await Memreg.shell("ulimit -s 32; exec \(Memreg.path) \(arguments)")
    #expect(result.status == status, "\(arguments): \(result.error)")
  }

  @Test(arguments: commands)
  func `of 16 KiB is enough where no address is random`(arguments: String, status: Int32)
    async throws
  {
    let result = try await Memreg.shell("ulimit -s 16; exec setarch -R \(Memreg.path) \(arguments)")
    #expect(result.status == status, "\(arguments): \(result.error)")
  }

  private static let isRandom =
    (try? TextFile.read("/proc/sys/kernel/randomize_va_space")) == "2\n" && !Machine.isEmulated

  @Test(.enabled(if: isRandom, "no address is random on this machine"))
  func `of 32 KiB is enough for each of 100 starts with 8 KiB of environment`() async throws {
    let result = try await Memreg.shell(
      """
      export PAD=$(head -c 8192 /dev/zero | tr '\\0' x); ulimit -s 32
      for i in $(seq 100); do \(Memreg.path) --version; done | sort | uniq -c
      """
    )
    #expect(result.output.hasPrefix("    100 "), "\(result.output)")
  }
}

@Suite(.enabled(if: !RXE.isPresent, "this machine has an RDMA device"))
struct `Without a device` {
  @Test func `register names the ways on and exits 69`() async throws {
    let result = try await Memreg.run("register")
    #expect(result.status == 69)
    #expect(result.error.contains("memreg rxe up"))
    #expect(result.error.contains("scripts/rxe-vm"))
    #expect(result.error.contains("--strategy io_uring"))
  }

  @Test(arguments: ["check", "fuzz", "coherence", "serve", "verify 127.0.0.1"])
  func `a command without strategies names only ways that it has`(command: String) async throws {
    let way = "no RDMA device on this machine; make one with `memreg rxe up`"
    let here = try await Memreg.shell("exec \(Memreg.path) \(command)")
    #expect(here.status == 69)
    #expect(
      here.error == "memreg: \(way), or run the command in a microVM that has one: "
        + "`scripts/rxe-vm memreg ...`\n"
    )
    let elsewhere = try await Memreg.shell("m=$(realpath \(Memreg.path)); cd /; exec $m \(command)")
    #expect(elsewhere.status == 69)
    #expect(elsewhere.error.hasPrefix("memreg: \(way)"))
    #expect(!elsewhere.error.contains("scripts/"))
  }
}
