import Glibc
import Testing

/// `PLACE` is where each command is told to write; what would take long comes after that.
private let writers = [
  "record -o PLACE -- echo started", "record --recover raw -o PLACE",
  "trace -o PLACE -- echo started",
  "report m.json --html PLACE", "report m.json --markdown PLACE", "export --once --textfile PLACE",
  "bench --strategy io_uring --sizes 4K -n 5 --export-markdown PLACE > /dev/null",
  "bench --strategy io_uring --sizes 4K -n 5 --export-csv PLACE > /dev/null",
]

/// The lines that begin the scripts: a directory of its own with a document in it, and memreg by a path that holds there.
private let prologue = """
  m=$(realpath \(Memreg.path)); d=$(mktemp -d); trap 'umount m 2> /dev/null; cd /; rm -rf $d' EXIT; cd $d
  export TMPDIR=$d/tmp; mkdir tmp; $m limits --json > m.json

  """

@Suite struct `A place that cannot be written to` {
  private static let socket =
    "perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => \"x\", Listen => 1) or die'"

  private func expect(
    _ status: Int32,
    _ reason: String,
    for place: String = "x",
    after staging: String,
    of writers: [String] = writers
  ) async throws {
    for writer in writers {
      let arguments = writer.replacing("PLACE", with: "'\(place)'")
      let result = try await Memreg.shell(
        prologue + """
          \(staging) || exit 99; stat -c '%F' x > before 2>&1; timeout 60 $m \(arguments); s=$?
          stat -c '%F' x 2>&1 | cmp before - >&2; ls -A tmp | grep . >&2; ls -A | grep memreg- >&2; exit $s
          """
      )
      #expect(result.status == status, "\(arguments): \(result.error)")
      #expect(result.output == "", "\(arguments)")
      #expect(result.error.contains(reason), "\(arguments): \(result.error)")
      #expect(result.error.split(separator: "\n").count == 1, "\(arguments): \(result.error)")
    }
  }

  @Test func `is said so before the work, with status 74, and stays as it is`() async throws {
    try await expect(74, "cannot write x: it is a directory; name a file in it", after: "mkdir x")
    try await expect(74, "cannot write x: it is a directory", after: "mkdir e && ln -s e x")
    try await expect(74, "cannot write x/: it is a directory", for: "x/", after: "mkdir x")
    try await expect(74, "cannot write x: it is a socket", after: Self.socket)
    try await expect(74, "(ENXIO)", after: "mkfifo x")
    try await expect(74, "(ENOENT)", for: "nowhere/x", after: "true")
    try await expect(74, "(ENOTDIR)", for: "m.json/x", after: "true")
    try await expect(74, "(ENAMETOOLONG)", for: String(repeating: "x", count: 256), after: "true")
    try await expect(74, "cannot write x: ", after: "ln -s /proc/1/fd/nothing x")
    try await expect(74, "/dev/full: No space left on device", for: "/dev/full", after: "true")
    try await expect(74, "x: No space left on device (ENOSPC)", after: "ln -s /dev/full x")
  }

  @Test func `has a name, else the status is 64`() async throws {
    try await expect(64, ": '' names no file; - is standard output", for: "", after: "true")
    let json = "bench --strategy io_uring --sizes 4K -n 5 --export-json PLACE > /dev/null"
    try await expect(64, "--export-json: '' names no file", for: "", after: "true", of: [json])
  }

  @Test(.enabled(if: geteuid() == 0, "only root makes devices and mounts"))
  func `is no block device, no mount and no file of others that root protects`() async throws {
    try await expect(74, "cannot write x: it is a block device", after: "mknod x b 7 250")
    try await expect(74, "(EBUSY)", for: "m", after: "touch m && mount --bind m.json m")
    let other = [
      "setpriv --reuid 65534 --clear-groups $m report m.json --html x",
      "setpriv --reuid 65534 --clear-groups $m record -o x -- echo started",
    ]
    for command in other {
      let result = try await Memreg.shell(
        prologue
          + "chmod 1777 . tmp; chmod a+r m.json; echo mine > x; \(command); s=$?; cat x; exit $s"
      )
      #expect(result.status == 74, "\(result.error)")
      #expect(result.output == "mine\n")
      #expect(result.error == "memreg: cannot write x: Operation not permitted (EPERM)\n")
    }
  }

  @Test func `is no file that another output of the command has`() async throws {
    let report = try await Memreg.shell(
      prologue + "$m report m.json --html x --markdown ./x; s=$?; ls; exit $s"
    )
    #expect(report.status == 64)
    #expect(report.output == "m.json\ntmp\n")
    #expect(report.error == "memreg: cannot write ./x twice; name a file for each\n")
  }
}

@Suite struct `A place that is written to` {
  @Test func `may be a link to nothing, which is replaced`() async throws {
    for writer in writers.dropFirst(3) {
      let arguments = writer.replacing("PLACE", with: "x")
      let result = try await Memreg.shell(
        prologue + "ln -s nothing x; $m \(arguments) && stat -c %F x && test -s x && ls"
      )
      #expect(result.output == "regular file\nm.json\ntmp\nx\n", "\(arguments): \(result.error)")
    }
  }

  @Test(arguments: [
    ("report m.json --html PLACE", "<!DOCTYPE html>"), ("report m.json --markdown PLACE", "# "),
    ("export --once --textfile PLACE", "# HELP "),
    ("record -o PLACE -- true", "{\"command\":\"true\""),
    ("bench --strategy io_uring --sizes 4K -n 5 --export-json PLACE", "{\"access\":"),
    ("bench --strategy io_uring --sizes 4K -n 5 --export-csv PLACE", "strategy,"),
  ])
  func `is standard output for a dash and for /dev/stdout, each document once`(
    writer: String,
    begin: String
  ) async throws {
    // The link stands for /dev/stdout, which a file must not replace when standard output is one.
    for place in ["-", "link", "/proc/self/fd/1"] {
      let arguments = writer.replacing("PLACE", with: place)
      let result = try await Memreg.shell(
        prologue + """
          ln -s /proc/self/fd/1 link; $m \(arguments) > page || exit; ls; stat -c %F link
          grep -c '^\(begin)' page
          """
      )
      let lines = result.output.split(separator: "\n")
      #expect(
        lines.prefix(5) == ["link", "m.json", "page", "tmp", "symbolic link"],
        "\(arguments): \(result.error)"
      )
      let count = lines.last.flatMap { Int($0) } ?? 0
      #expect(begin.hasPrefix("# ") ? count >= 1 : count == 1, "\(arguments)")
    }
  }

  @Test func `may be a pipe, which its reader reads to the end of the program`() async throws {
    let result = try await Memreg.shell(
      prologue
        + "mkfifo x; cat x > got & $m record -o x -- sh -c 'sleep 0.3; exit 3'; s=$?; wait; cat got; exit $s"
    )
    #expect(result.status == 3)
    #expect(result.output.hasPrefix("{\"command\":"), "\(result.error)")
  }
}
