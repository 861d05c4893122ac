import HostMemory
import LinuxSystem
import Testing

// Each limit is set by root in the guest, and lifted by the remedy as it is printed.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Huge pages under a limit` {
  /// Runs memreg in a new control group that `setup` limits, `$g` being its directory.
  private func inGroup(
    _ name: String,
    _ controller: String,
    _ setup: String,
    _ arguments: String
  ) async throws -> Memreg.Result {
    try await Memreg.shell(
      """
      mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
      echo +\(controller) > /sys/fs/cgroup/cgroup.subtree_control
      g=/sys/fs/cgroup/\(name)
      mkdir -p $g
      \(setup)
      (echo 0 > $g/cgroup.procs; exec \(Memreg.path) \(arguments))
      """
    )
  }

  private func remove(_ name: String) async throws {
    _ = try await Memreg.shell("rmdir /sys/fs/cgroup/\(name)")
  }

  @Test(arguments: ["hugetlb.2MB.rsvd.max"])
  func `name the control group, and are had once it is raised`(file: String) async throws {
    try #require(HugePageSize.twoMebibytes.freePages ?? 0 >= 2, "boot with --hugepages 64")
    let explained = try await inGroup(
      "huge",
      "hugetlb",
      "echo 0 > $g/\(file)",
      "explain --memory hugetlb:2M --size 4M --json"
    )
    #expect(explained.status == 1, "\(explained.error)")
    let report = try explained.document()
    #expect(report["cause"] as? String == "hugetlb_control_group")
    #expect(
      report["verdict"] as? String
        == "control group /huge allows 0 B of 2 MiB pages (\(file)) and uses 0 B"
    )
    let remedy = try #require(report["remedy"] as? String)
    let registered = try await inGroup(
      "huge",
      "hugetlb",
      remedy,
      "register --memory hugetlb:2M --size 4M"
    )
    #expect(registered.status == 0, "\(registered.error)")
    try await remove("huge")
  }

  @Test(
    .enabled(
      if: Directory.isDirectory("/sys/devices/system/node/node1"),
      "one NUMA node; boot with numa=fake=2"
    )
  )
  func `name the nodes of a cpuset, and are had once its pool is raised`() async throws {
    let all = try #require(HugePageSize.twoMebibytes.freePages)
    let pool = "/sys/devices/system/node/node0/hugepages/hugepages-2048kB"
    let mine = try #require(
      TextFile.firstLine("\(pool)/free_hugepages").flatMap { UInt64($0) }
    )
    try #require(mine < all, "boot with --hugepages 64")
    let size = "\((mine + 1) * 2)M"
    let explained = try await inGroup(
      "near",
      "cpuset",
      "echo 0 > $g/cpuset.mems",
      "explain --memory hugetlb:2M --size \(size) --json"
    )
    #expect(explained.status == 1, "\(explained.error)")
    let report = try explained.document()
    #expect(report["cause"] as? String == "hugetlb_pool")
    #expect(
      report["verdict"] as? String
        == "it takes \(mine + 1) huge pages of 2 MiB; of the \(all) that are free, \(mine) are on the NUMA nodes this "
        + "process may use (0)"
    )
    let remedy = try #require(report["remedy"] as? String)
    let registered = try await inGroup(
      "near",
      "cpuset",
      remedy,
      "register --memory hugetlb:2M --size \(size)"
    )
    #expect(registered.status == 0, "\(registered.error)")
    _ = try await Memreg.shell("echo \(mine) > \(pool)/nr_hugepages")
    try await remove("near")
  }
}
