import Testing

@Suite struct `memreg record` {
  @Test func `does not start the program if the trace cannot be written`() async throws {
    for path in ["/nonexistent/t.jsonl", "/proc/t.jsonl"] {
      let result = try await Memreg.run("record", "-o", path, "--", "echo", "started")
      #expect(result.status == 74)
      #expect(result.output == "")
      #expect(result.error.hasPrefix("memreg: cannot write \(path): "))
    }
    let scratch = try await Memreg.shell(
      "TMPDIR=/nonexistent \(Memreg.path) record -- echo started"
    )
    #expect(scratch.status == 71)
    #expect(scratch.output == "")
  }

  @Test func `leaves no directory where nothing was registered, whatever becomes of the trace`()
    async throws
  {
    let result = try await Memreg.shell(
      """
      d=$(mktemp -d); trap 'rm -rf $d' EXIT; export TMPDIR=$d/raw; mkdir $TMPDIR $d/gone
      \(Memreg.path) record -o $d/gone/t -- rmdir $d/gone; echo "status $?"; ls $TMPDIR
      """
    )
    #expect(result.output == "status 74\n")
    #expect(
      result.error.hasSuffix("/gone/t: No such file or directory (ENOENT)\n"),
      "\(result.error)"
    )
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test func `leaves no directory when it is ended as it begins, and ends the program`()
    async throws
  {
    let result = try await Memreg.shell(
      """
      d=$(mktemp -d); trap 'rm -rf $d' EXIT; export TMPDIR=$d
      for command in "record -o /dev/null" explain; do for n in $(seq 0 59); do
        timeout --preserve-status -k 5 -s TERM 0.0$((n / 2 + 10)) \(Memreg.path) $command -- sleep 20 2> /dev/null
        echo $?; ls $d
      done; done | sort | uniq -c
      """
    )
    #expect(result.output == "    120 143\n", "\(result.error)")
  }

  @Test func `recovers a trace without events where no process had registered anything`()
    async throws
  {
    let result = try await Memreg.shell(
      """
      d=$(mktemp -d); trap 'rm -rf $d' EXIT; export TMPDIR=$d/raw; mkdir $TMPDIR
      \(Memreg.path) record -o $d/t -- sh -c "touch $d/begun; exec sleep 60" & p=$!
      until test -e $d/begun; do sleep 0.02; done
      s=$(ps -o pid= --ppid $p); kill -9 $p; wait $p; kill $s; ls $d
      \(Memreg.path) record --recover $TMPDIR/memreg-record-* -o $d/t; echo "status $?"; cat $d/t
      """
    )
    let lines = result.output.split(separator: "\n")
    #expect(lines.prefix(3) == ["begun", "raw", "status 0"], "\(result.error)")
    #expect(lines.count == 4 && lines[3].hasPrefix("{\"command\":\"sh -c"), "\(result.output)")
    #expect(result.error.hasSuffix("/t has no event\n"), "\(result.error)")
  }

  @Test func `recovers nothing from what is no recording, with status 65`() async throws {
    for content in [
      "", "> $d/1-2", "head -c 4096 /dev/zero > $d/1-2", "rmdir $d", "ln -s /etc/passwd $d/1-2",
      "ln -s 1-2 $d/1-2",
      "mkfifo $d/1-2", "mkdir $d/1-2", "ln -s $d $d/command",
      "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"'$d'/1-2\")'",
    ] {
      let result = try await Memreg.shell(
        "d=$(mktemp -d); \(content.isEmpty ? ":" : content); \(Memreg.path) record --recover $d -o /dev/null; "
          + "s=$?; rm -rf $d; exit $s"
      )
      #expect(result.status == 65, "\(content): \(result.error)")
      #expect(result.error.split(separator: "\n").count == 1)
    }
  }
}

@Suite struct `A daemon of a recorded program` {
  private func summary(of daemon: String) async throws -> String {
    let result = try await Memreg.shell(
      """
      d=$(mktemp -d); export TMPDIR=$d
      \(Memreg.path) record -o $d/t -- sh -c '(\(daemon) > /dev/null 2>&1 < /dev/null & echo $! > '$d'/pid)
        until grep -q sleep /proc/$(cat '$d'/pid)/comm; do :; done'
      kill $(cat $d/pid); rm -rf $d
      """
    )
    return result.error
  }

  @Test func `is named in the summary, whether it is recorded or not`() async throws {
    let recorded = try await summary(of: "setsid sleep 60")
    #expect(recorded.contains("; 1 still running and recording: sleep ("), "\(recorded)")
    for daemon in ["exec env -i setsid sleep 60", "exec env -u MEMREG_RECORDING sleep 60"] {
      let lost = try await summary(of: daemon)
      #expect(lost.contains("; 1 still running and not recorded: sleep ("), "\(lost)")
      #expect(!lost.contains("--recover"))
    }
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `A raw recording on rxe` {
  /// What every script begins with: directories of its own, and how a recording is recovered once nobody writes to it.
  private static let prologue = """
    memreg=$PWD/\(Memreg.path); storm=$PWD/.build/debug/RegistrationStorm
    d=$(mktemp -d); trap 'umount $d/small 2> /dev/null; rm -rf $d' EXIT; export TMPDIR=$d/raw; mkdir $TMPDIR $d/small
    recover() {
      for n in $(seq 600); do
        $memreg record --recover $TMPDIR/memreg-record-* -o $d/recovered 2> $d/said || return
        grep -q 'still running' $d/said || break
        sleep 0.1
      done
      grep -c '"event":"register"' $d/recovered
    }

    """

  @Test func `stays if the trace cannot be written, and the status is the program's`() async throws
  {
    let result = try await Memreg.shell(
      Self.prologue + """
        mount -t tmpfs -o size=64k none $d/small
        $memreg record -o $d/small/t -- sh -c "$storm threads 1 500; exit 7"; echo "status $?"
        ls -A $d/small; recover; head -n 1 $d/recovered | grep -o 'threads 1 500'
        """
    )
    #expect(result.output == "under way\nstatus 7\n500\nthreads 1 500\n", "\(result.error)")
    #expect(result.error.contains("(ENOSPC); `memreg record --recover "), "\(result.error)")
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test func `is recovered after SIGKILL of memreg, with what the program did then`() async throws {
    let result = try await Memreg.shell(
      Self.prologue + """
        $memreg record -o $d/t -- $storm threads 1 4000 & p=$!
        until ls $TMPDIR/memreg-record-*/[0-9]* > /dev/null 2>&1; do sleep 0.05; done
        kill -9 $p; wait $p; recover; ls $d
        """
    )
    #expect(result.output == "under way\n4000\nraw\nrecovered\nsaid\nsmall\n", "\(result.error)")
  }

  @Test func `goes on with a daemon, which the summary names`() async throws {
    let result = try await Memreg.shell(
      Self.prologue + """
        $memreg record -o $d/t -- sh -c "setsid $storm threads 1 12000 > /dev/null 2>&1 < /dev/null &
          until ls $TMPDIR/memreg-record-*/[0-9]* > /dev/null 2>&1; do sleep 0.05; done"
        echo "status $?"; recover
        """
    )
    #expect(result.output == "status 0\n12000\n", "\(result.error)")
    #expect(result.error.contains("1 still running and recording: RegistrationSto ("))
    #expect(result.error.contains("`memreg record --recover "))
  }

  @Test func `is made a trace when SIGHUP or SIGTERM ends the program`() async throws {
    for (name, number) in [("HUP", 1), ("TERM", 15)] {
      let result = try await Memreg.shell(
        Self.prologue + """
          $memreg record -o $d/t -- sh -c "$storm threads 1 100; touch $d/done; exec sleep 60" & p=$!
          until test -e $d/done; do sleep 0.05; done
          sleep 0.2; kill -\(name) $p; wait $p; echo "status $?"; grep -c '"event":"register"' $d/t; ls $TMPDIR
          """
      )
      #expect(result.output == "under way\nstatus \(128 + number)\n100\n", "\(result.error)")
    }
  }

  @Test func `stays if the making of the trace is interrupted, and nothing else is left`()
    async throws
  {
    let result = try await Memreg.shell(
      Self.prologue + """
        $memreg record -o $d/t -- sh -c "$storm threads 1 10000; touch $d/done; exit 3" & p=$!
        until test -e $d/done; do sleep 0.01; done
        until ls -l /proc/$p/fd | grep -q " $d/"; do sleep 0.01; done
        kill -INT $p; wait $p; echo "status $?"; ls -A $d; recover
        """
    )
    #expect(result.output == "under way\nstatus 3\ndone\nraw\nsmall\n10000\n", "\(result.error)")
    #expect(result.error.contains("/t is not written: interrupted; `memreg record --recover "))
  }

  @Test func `stays if memreg is killed while it makes the trace, of which nothing stays`()
    async throws
  {
    let result = try await Memreg.shell(
      Self.prologue + """
        mount -t tmpfs none $d/small
        $memreg record -o $d/small/t -- sh -c "$storm threads 1 20000; touch $d/done" & p=$!
        until test -e $d/done; do sleep 0.01; done
        until ls -l /proc/$p/fd | grep -q " $d/small/"; do sleep 0.01; done
        kill -9 $p; wait $p; ls -A $d/small; recover
        """
    )
    #expect(result.output == "under way\n20000\n", "\(result.error)")
  }

  @Test func `counts the calls for which its file system had no room`() async throws {
    let result = try await Memreg.shell(
      Self.prologue + """
        mount -t tmpfs -o size=1200k none $d/small
        TMPDIR=$d/small $memreg record -o $d/t -- $storm threads 1 8192; echo "status $?"
        grep -c '"event":"[rd]e' $d/t
        """
    )
    #expect(result.output == "under way\nstatus 0\n8191\n", "\(result.error)")
    #expect(result.error.contains("8193 calls lost for want of room"), "\(result.error)")
  }
}
