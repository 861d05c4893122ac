import HostMemory
import Testing

/// What sets limits aside for the commands below: another user without capabilities, or a child user namespace.
enum Confinement {
  static let nobody =
    "setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all"
  static let namespaceRoot = "unshare --user --map-root-user"
}

@Suite struct `memreg limits` {
  @Test func `says that the capability lifts the limit of root`() async throws {
    let report = try await Memreg.shell("ulimit -l 64; \(Memreg.path) limits --json").document()
    #expect(report["schema"] as? String == "memreg.limits/1")
    #expect(report["limit_binds"] as? Bool == false)
    let capability = try #require(report["capability"] as? [String: Any])
    #expect(capability["ipc_lock"] as? String == "granted")
  }

  @Test func `says that root of a user namespace is bound`() async throws {
    let report =
      try await Memreg.shell(
        "ulimit -l 64; \(Confinement.namespaceRoot) \(Memreg.path) limits --json"
      )
      .document()
    #expect(report["limit_binds"] as? Bool == true)
    #expect(report["headroom_bytes"] as? Int == 65536)
    let capability = try #require(report["capability"] as? [String: Any])
    #expect(capability["ipc_lock"] as? String == "inert_in_user_namespace")
  }

  @Test func `names the process that lowered the limit`() async throws {
    let result = try await Memreg.shell(
      "sh -c 'ulimit -l 64; \(Confinement.nobody) \(Memreg.path) limits --json; true'"
    )
    let report = try result.document()
    let origin = try #require(report["origin"] as? [String: Any])
    #expect(origin["kind"] as? String == "process")
    #expect(origin["setter"] as? String == "sh")
    #expect((origin["remedy"] as? String)?.contains("ulimit -l") == true)
  }

  @Test func `names the Slurm daemon above it`() async throws {
    let result = try await Memreg.shell(
      "d=$(mktemp -d); cp /bin/sh $d/slurmstepd; SLURM_JOB_ID=77 $d/slurmstepd -c "
        + "'ulimit -l 64; \(Memreg.path) limits --json; true'; rm -r $d"
    )
    let origin = try #require(try result.document()["origin"] as? [String: Any])
    #expect(origin["kind"] as? String == "slurm")
    #expect((origin["summary"] as? String)?.hasPrefix("slurmstepd (pid ") == true)
    #expect((origin["summary"] as? String)?.hasSuffix(", for the Slurm step of job 77") == true)
  }

  @Test(arguments: [("64K", 0), ("65537", 1), ("1G", 1)] as [(String, Int32)])
  func `answers --need by its status, and what to do if it does not fit`(
    size: String,
    status: Int32
  ) async throws {
    let result = try await Memreg.shell(
      "ulimit -l 64; \(Confinement.nobody) \(Memreg.path) limits --need \(size)"
    )
    #expect(result.status == status, "\(result.error)")
    let lines = result.output.split(separator: "\n")
    if status == 0 {
      #expect(lines == ["\(size == "64K" ? "64 KiB" : size) fit: headroom 64 KiB"])
    } else {
      #expect(lines.count == 3)
      #expect(
        lines[0].hasSuffix("the memlock limit (RLIMIT_MEMLOCK) is 64 KiB, nothing is pinned yet")
      )
      #expect(lines[0].count <= 120)
      #expect(lines[1].hasPrefix("  set by: sh (pid "))
      #expect(
        lines[2].hasPrefix("  prlimit --pid ")
          && lines[2].contains(" --memlock=unlimited    # as root")
      )
    }
  }

  @Test func `refuses --need of more than the machine has`() async throws {
    let result = try await Memreg.run("limits", "--need", "1024T")
    #expect(result.status == 1)
    #expect(result.output.contains("the machine has"))
  }

  @Test func `reads another process`() async throws {
    let result = try await Memreg.shell(
      "sh -c 'ulimit -l 128; exec sleep 600' & p=$!; until grep -qx sleep /proc/$p/comm; do :; done; "
        + "\(Memreg.path) limits --json --pid $p; kill $p"
    )
    let report = try result.document()
    #expect(report["process"] as? String == "sleep")
    let memlock = try #require(report["memlock"] as? [String: Any])
    #expect(memlock["soft_bytes"] as? Int == 131072)
  }

  @Test func `lists the processes of a user`() async throws {
    let report = try await Memreg.run("limits", "--user", "root", "--json").document()
    #expect(report["schema"] as? String == "memreg.user-limits/1")
    #expect((report["processes"] as? [Any])?.isEmpty == false)
  }

  @Test(arguments: [["--user", "root", "--probe"], ["--pid", "1", "--probe"], ["--pid", "0"]])
  func `refuses options that contradict each other`(options: [String]) async throws {
    let result = try await Memreg.shell([Memreg.path, "limits"] + options)
    #expect(result.status == 64)
  }

  @Test func `says of a process that is gone that it is`() async throws {
    let result = try await Memreg.run("limits", "--pid", "4194304")
    #expect(result.status == 71)
    #expect(result.error.contains("(ENOENT)"))
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg limits on rxe` {
  @Test(arguments: [64, 100, 1000])
  func `probes the very limit and gives all back`(kibibytes: Int) async throws {
    let result = try await Memreg.shell(
      "ulimit -l \(kibibytes); \(Confinement.nobody) \(Memreg.path) limits --probe --json"
    )
    #expect(result.status == 0, "\(result.error)")
    let report = try result.document()
    let probe = try #require(report["probe"] as? [String: Any])
    #expect(probe["strategy"] as? String == "verbs" && probe["device"] as? String == "rxe0")
    #expect(probe["maximum_bytes"] as? Int == kibibytes / 4 * 4096)
    #expect(probe["ended_by"] as? String == "then ENOMEM for one page more")
  }

  @Test func `probes zero under a limit of zero`() async throws {
    let result = try await Memreg.shell(
      "ulimit -l 0; \(Confinement.nobody) \(Memreg.path) limits --probe --json"
    )
    let probe = try #require(try result.document()["probe"] as? [String: Any])
    #expect(probe["maximum_bytes"] as? Int == 0)
    #expect(probe["ended_by"] as? String == "then EPERM for one page more")
  }

  @Test func `lists what is bounded by number and the huge pages of a group, and which binds`()
    async throws
  {
    func bounds(_ setup: String) async throws -> (binding: [String: Any], all: [[String: Any]]) {
      let result = try await Memreg.shell(
        inGroup: "counted",
        of: "rdma",
        after: "echo +hugetlb > /sys/fs/cgroup/cgroup.subtree_control; \(setup)",
        "exec \(Memreg.path) limits --json"
      )
      let report = try result.document()
      let all = try #require(report["bounds"] as? [[String: Any]])
      let binding = all.filter { $0["binds"] as? Bool == true }
      #expect(binding.count == 1 && binding[0]["kind"] as? String == report["bound_by"] as? String)
      return (binding[0], all)
    }
    let loose = try await bounds(
      "echo 'rxe0 hca_handle=4 hca_object=7' > $g/rdma.max; echo 4M > $g/hugetlb.2MB.max"
    )
    func bound(_ kind: String) -> [String: Any]? {
      loose.all.first { $0["kind"] as? String == kind }
    }
    #expect(bound("rdma_objects")?["limit_count"] as? Int == 7)
    #expect(bound("rdma_objects")?["device"] as? String == "rxe0")
    #expect(bound("rdma_contexts")?["limit_count"] as? Int == 4)
    #expect(bound("hugetlb_cgroup")?["limit_bytes"] as? Int == 4 << 20)
    #expect(bound("mappings")?["limit_count"] as? UInt64 == MapCount.limit)
    #expect(loose.binding["kind"] as? String == "memory")
    let full = try await bounds("echo 'rxe0 hca_handle=max hca_object=0' > $g/rdma.max").binding
    #expect(full["kind"] as? String == "rdma_objects" && full["place"] as? String == "/counted")
    #expect(full["bytes"] as? Int == 0)
    _ = try await Memreg.shell("rmdir /sys/fs/cgroup/counted")
  }

  @Test func `shows the rdma control group that is full`() async throws {
    let result = try await Memreg.shell(
      """
      mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
      echo +rdma > /sys/fs/cgroup/cgroup.subtree_control
      mkdir -p /sys/fs/cgroup/full
      echo 'rxe0 hca_object=0' > /sys/fs/cgroup/full/rdma.max
      (echo 0 > /sys/fs/cgroup/full/cgroup.procs; exec \(Memreg.path) limits --need 4K)
      status=$?
      echo 'rxe0 hca_object=max' > /sys/fs/cgroup/full/rdma.max
      rmdir /sys/fs/cgroup/full
      exit $status
      """
    )
    #expect(result.status == 1, "\(result.output) \(result.error)")
    #expect(result.output.contains("rdma.max of /full allows no more objects on rxe0"))
  }
}
