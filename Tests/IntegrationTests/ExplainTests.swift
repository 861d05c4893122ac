import LinuxSystem
import Testing

@Suite struct `memreg explain` {
  @Test func `says what memory that can be registered is made of`() async throws {
    let result = try await Memreg.run("explain", "--size", "2M", "--json")
    #expect(result.status == 0, "\(result.error)")
    let report = try result.document()
    #expect(report["schema"] as? String == "memreg.explain/1")
    #expect(report["registrable"] as? Bool == true)
    #expect(report["pages"] as? Int == 512)
    let memory = try #require(report["memory"] as? [String: Any])
    #expect(memory["resident_bytes"] as? Int ?? 0 >= 2_097_152)
  }

  @Test func `explains the limit with numbers, origin and remedy, and exits 1`() async throws {
    let result = try await Memreg.shell(
      "ulimit -l 1024; \(Confinement.nobody) \(Memreg.path) explain --size 2M --json"
    )
    #expect(result.status == 1, "\(result.error)")
    let report = try result.document()
    #expect(report["errno"] as? String == "ENOMEM")
    #expect(report["cause"] as? String == "memlock_limit")
    let verdict = try #require(report["verdict"] as? String)
    #expect(verdict == "the memlock limit (RLIMIT_MEMLOCK) is 1 MiB, nothing is pinned yet")
    let evidence = try #require(report["evidence"] as? [String])
    #expect(evidence.contains("asked: 512 pages; limit 256, pinned 0, headroom 256"))
    #expect((report["set_by"] as? String)?.hasPrefix("sh (pid ") == true)
  }

  @Test func `says that io_uring counts all processes of a user together`() async throws {
    // A user of its own: the sum would be seen by the tests beside this one.
    let user = "setpriv --reuid 65533 --clear-groups --inh-caps=-all --bounding-set=-all"
    let result = try await Memreg.shell(
      """
      ulimit -l 1024
      out=$(mktemp)
      \(user) \(Memreg.path) register --strategy io_uring --size 700K --hold >$out & pid=$!
      until grep -q charged $out; do kill -0 $pid || exit 9; sleep 0.1; done
      \(user) \(Memreg.path) explain --strategy io_uring --size 700K --json
      echo "status $?" >&2; kill -INT $pid; wait $pid
      """
    )
    #expect(result.error.contains("status 1"), "\(result.error)")
    let report = try result.document()
    #expect(report["errno"] as? String == "ENOMEM")
    #expect(report["cause"] as? String == "user_limit")
    #expect((report["verdict"] as? String)?.contains("user 65533") == true)
  }

  @Test func `explains that the capability is inert in a user namespace`() async throws {
    let result = try await Memreg.shell(
      "ulimit -l 1024; \(Confinement.namespaceRoot) \(Memreg.path) explain --size 2M --json"
    )
    let report = try result.document()
    #expect(report["cause"] as? String == "memlock_limit")
    let evidence = try #require(report["evidence"] as? [String])
    #expect(evidence.contains { $0.hasPrefix("CAP_IPC_LOCK is inert") })
  }

  @Test func `explains a pool without huge pages`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) explain --memory hugetlb:2M --size 1T --json"
    )
    #expect(result.status == 1)
    let report = try result.document()
    #expect(report["cause"] as? String == "hugetlb_pool")
    #expect((report["remedy"] as? String)?.contains("nr_hugepages") == true)
  }

  @Test func `foresees that memory does not suffice, without trying`() async throws {
    let result = try await Memreg.shell(
      "size=$(awk '/MemAvailable/ { print int($2 * 1.02) \"K\" }' /proc/meminfo); "
        + "\(Memreg.path) explain --size $size --json"
    )
    #expect(result.status == 1)
    // rxe from 6.12 refuses such a size whatever the memory, and that is said first.
    let isLimited = RXE.isPresent && RXE.kernel >= (6, 12)
    let cause = isLimited ? "driver_size" : "memory_exhausted"
    #expect(try result.document()["cause"] as? String == cause)
  }

  @Test func `judges the memory of another process by its mappings`() async throws {
    let result = try await Memreg.shell(
      "sleep 600 & p=$!; until grep -qx sleep /proc/$p/comm; do :; done; "
        + "\(Memreg.path) explain --pid $p --address 0x1000 --length 4K; "
        + "echo status $?; kill $p"
    )
    #expect(result.output.hasPrefix("hole: nothing is mapped at 0x1000\n"), "\(result.error)")
    #expect(result.output.contains("status 1"))
  }

  @Test(arguments: [
    ["--errno", "EWHAT"], ["--address", "0x1000"], ["--size", "0"], ["--address", "zz"],
  ])
  func `refuses bad arguments with one line and status 64`(options: [String]) async throws {
    try await Memreg.expectRefusal(of: ["explain"] + options)
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg explain on rxe` {
  private func cause(_ line: String) async throws -> (status: Int32, cause: String?, errno: String?)
  {
    let result = try await Memreg.shell(line)
    let report = try result.document()
    return (result.status, report["cause"] as? String, report["errno"] as? String)
  }

  @Test func `explains EPERM by the limit of zero`() async throws {
    let found = try await cause(
      "ulimit -l 0; \(Confinement.nobody) \(Memreg.path) explain --size 4K --json"
    )
    #expect(found.status == 1 && found.errno == "EPERM" && found.cause == "zero_limit")
  }

  @Test func `names ulimit first where the soft limit is below the hard one`() async throws {
    let result = try await Memreg.shell(
      "prlimit --memlock=65536:unlimited \(Confinement.nobody) \(Memreg.path) explain --size 1M --json"
    )
    let remedy = try #require(try result.document()["remedy"] as? String)
    #expect(remedy.hasPrefix("ulimit -l unlimited    # before the program starts; no root needed"))
    #expect(!remedy.contains("out of memreg"))
  }

  @Test func `names ulimit first, and registers once it is pasted, without root`() async throws {
    let result = try await Memreg.shell(
      """
      cat >/tmp/soft.$$ <<'END'
      \(Memreg.path) register --size 9M 2>/tmp/soft-said.$$; echo status $?
      tail -n 1 /tmp/soft-said.$$ >/tmp/soft-paste.$$; . /tmp/soft-paste.$$
      cat /tmp/soft-said.$$ >&2
      rm -f /tmp/soft-said.$$ /tmp/soft-paste.$$
      exec \(Memreg.path) register --size 9M --json
      END
      prlimit --memlock=8388608:unlimited \(Confinement.nobody) sh /tmp/soft.$$
      status=$?; rm -f /tmp/soft.$$; exit $status
      """
    )
    #expect(result.status == 0 && result.output.hasPrefix("status 71\n"), "\(result.output)")
    let lines = result.error.split(separator: "\n")
    let cause = "the memlock limit (RLIMIT_MEMLOCK) is 8 MiB, nothing is pinned yet"
    #expect(lines.first == "memreg: cannot register 9 MiB: \(cause)")
    #expect(lines.last?.hasPrefix("  ulimit -l unlimited    # before the program starts; ") == true)
  }

  @Test func `explains EAGAIN by the rdma control group`() async throws {
    let found = try await cause(
      """
      mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
      echo +rdma > /sys/fs/cgroup/cgroup.subtree_control
      mkdir -p /sys/fs/cgroup/tight
      echo 'rxe0 hca_object=1' > /sys/fs/cgroup/tight/rdma.max
      (echo 0 > /sys/fs/cgroup/tight/cgroup.procs; exec \(Memreg.path) explain --size 4K --json)
      status=$?
      echo 'rxe0 hca_object=max' > /sys/fs/cgroup/tight/rdma.max
      rmdir /sys/fs/cgroup/tight
      exit $status
      """
    )
    #expect(found.status == 1 && found.errno == "EAGAIN" && found.cause == "control_group")
  }

  @Test func `tries nothing for an errno seen elsewhere unless it is told to`() async throws {
    func evidence(_ option: String) async throws -> [String] {
      let result = try await Memreg.shell("\(Memreg.path) explain --errno EIO --json \(option)")
      #expect(result.status == 1)
      let report = try result.document()
      #expect(report["cause"] as? String == "unknown")
      return try #require(report["evidence"] as? [String])
    }
    let trial = "one fresh page with the same access can be registered"
    let untried = try await evidence("")
    #expect(untried.contains("nothing was tried out") && !untried.contains(trial))
    let tried = try await evidence("--try")
    #expect(!tried.contains("nothing was tried out") && tried.contains(trial))
  }

  @Test func `explains remote-write without local-write`() async throws {
    let found = try await cause("\(Memreg.path) explain --access remote-write --json")
    #expect(found.status == 1 && found.errno == "EINVAL" && found.cause == "local_write_missing")
  }

  @Test func `names the access bit that the driver lacks`() async throws {
    let result = try await Memreg.run("explain", "--access", "local-write,zero-based", "--json")
    let report = try result.document()
    guard KernelRelease.running >= KernelRelease(6, 12) else {
      #expect(report["registrable"] as? Bool == true)
      return
    }
    #expect(report["cause"] as? String == "access_unsupported")
    #expect(report["verdict"] as? String == "rxe0 does not support zero-based")
  }

  @Test func `explains on-demand paging where the driver has none`() async throws {
    let result = try await Memreg.run("explain", "--strategy", "odp", "--json")
    let report = try result.document()
    guard KernelRelease.running < KernelRelease(6, 15) else {
      #expect(report["registrable"] as? Bool == true)
      return
    }
    #expect(result.status == 1)
    #expect(report["cause"] as? String == "on_demand_unsupported")
  }

  @Test func `foresees the size that soft RoCE refuses, without trying`() async throws {
    guard KernelRelease.running >= KernelRelease(6, 12) else {
      try Test.cancel("soft RoCE of this kernel has no such limit")
    }
    let found = try await cause("\(Memreg.path) explain --size 1025M --json")
    #expect(found.status == 1 && found.cause == "driver_size")
  }

  @Test func `gives the same words in a failing register, with a remedy that works`() async throws {
    let result = try await Memreg.shell(
      "sh -c \"ulimit -l 64; \(Confinement.nobody) \(Memreg.path) register --size 1M; true\""
    )
    let lines = result.error.split(separator: "\n")
    #expect(lines.count == 3, "\(result.error)")
    let cause = "the memlock limit (RLIMIT_MEMLOCK) is 64 KiB, nothing is pinned yet"
    #expect(lines[0] == "memreg: cannot register 1 MiB: \(cause)")
    #expect(lines[1].hasPrefix("  set by: sh (pid "))
    #expect(
      lines[2].hasPrefix("  prlimit --pid ")
        && lines[2].contains(" --memlock=unlimited    # as root")
    )
    // The line is pasted as it is while the shell that set the limit still runs.
    let mended = try await Memreg.shell(
      """
      cat >/tmp/mend.$$ <<'END'
      ulimit -l 64
      \(Confinement.nobody) \(Memreg.path) register --size 1M 2>/tmp/said.$$
      sh -c "$(tail -n 1 /tmp/said.$$)"
      exec \(Confinement.nobody) \(Memreg.path) register --size 1M --json
      END
      sh /tmp/mend.$$; status=$?; rm -f /tmp/mend.$$ /tmp/said.*; exit $status
      """
    )
    #expect(mended.status == 0, "\(mended.error)")
  }
}

@Suite struct `memreg register at the limit` {
  private let command =
    "ulimit -l 64; \(Confinement.nobody) \(Memreg.path) register --verbose --strategy io_uring --size 128K"

  @Test func `is refused by the ledger before the kernel is asked`() async throws {
    let result = try await Memreg.shell(command)
    #expect(result.status == 71)
    #expect(
      result.error.contains(
        ": the memlock limit (RLIMIT_MEMLOCK) is 64 KiB, nothing is pinned yet\n"
      )
    )
    #expect(result.error.contains("(reserve): Cannot allocate memory (ENOMEM)"))
    #expect(result.error.contains("32 pages (131072 bytes) do not fit: limit 16 pages"))
  }

  @Test func `asks the kernel all the same when it is forced to`() async throws {
    let result = try await Memreg.shell(command + " --force")
    #expect(result.status == 71)
    #expect(result.error.contains("(io_uring_register_buffers): Cannot allocate memory (ENOMEM)"))
  }
}

@Suite(.enabled(if: !RXE.isPresent, "this machine has an RDMA device"))
struct `memreg explain without a device` {
  @Test(arguments: ["524", "ENOTSUPP", "EOPNOTSUPP"])
  func `takes what only a dma-buf gives for one`(code: String) async throws {
    let result = try await Memreg.run("explain", "--json", "--errno", code)
    #expect(result.status == 1)
    let report = try result.document()
    #expect(report["strategy"] as? String == "verbs")
    #expect(report["cause"] as? String == "dma_buf_unsupported")
    #expect((report["verdict"] as? String)?.contains("is what registering a dma-buf gives") == true)
    #expect((report["remedy"] as? String)?.isEmpty == false)
  }

  @Test func `explains ENOMEM of verbs, not of io_uring, whose account is another`() async throws {
    let result = try await Memreg.shell(
      "ulimit -l 1024; \(Confinement.nobody) \(Memreg.path) explain --errno ENOMEM --size 4K --json"
    )
    #expect(result.error == "memreg: no RDMA device here; what a device decides is not judged\n")
    let report = try result.document()
    #expect(report["strategy"] as? String == "verbs")
    #expect(report["cause"] as? String == "unknown")
    let above = try await Memreg.shell(
      "ulimit -l 1024; \(Confinement.nobody) \(Memreg.path) explain --errno ENOMEM --size 2M --json"
    )
    #expect(try above.document()["cause"] as? String == "memlock_limit")
  }
}
