import HostMemory
import LinuxSystem
import Testing

// Each limit is set by root in the guest, and lifted by the remedy as it is printed.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Huge pages under a limit` {
  /// Holds `memreg explain` in the group `name` that `setup` limits, `$g` being its directory, to `cause` and `verdict`;
  /// then registers there after the remedy as printed.
  private func expect(
    _ cause: String,
    _ verdict: String,
    inGroup name: String,
    of controller: String,
    after setup: String,
    size: String
  ) async throws {
    func memreg(_ arguments: String, after setup: String) async throws -> Memreg.Result {
      try await Memreg.shell(
        inGroup: name,
        of: controller,
        after: setup,
        "exec \(Memreg.path) \(arguments) --memory hugetlb:2M --size \(size)"
      )
    }
    let explained = try await memreg("explain --json", after: setup)
    #expect(explained.status == 1, "\(explained.error)")
    let report = try explained.document()
    #expect(report["cause"] as? String == cause)
    #expect(report["verdict"] as? String == verdict)
    let remedy = try #require(report["remedy"] as? String)
    let registered = try await memreg("register", after: remedy)
    #expect(registered.status == 0, "\(registered.error)")
    _ = try await Memreg.shell("rmdir /sys/fs/cgroup/\(name)")
  }

  @Test(arguments: ["hugetlb.2MB.rsvd.max"])
  func `name the control group, and are had once it is raised`(file: String) async throws {
    try #require(HugePageSize.twoMebibytes.freePages ?? 0 >= 2, "boot with --hugepages 64")
    try await expect(
      "hugetlb_control_group",
      "control group /huge allows 0 B of 2 MiB pages (\(file)) and uses 0 B",
      inGroup: "huge",
      of: "hugetlb",
      after: "echo 0 > $g/\(file)",
      size: "4M"
    )
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
    try await expect(
      "hugetlb_pool",
      "it takes \(mine + 1) huge pages of 2 MiB; of the \(all) that are free, \(mine) are on the NUMA nodes this "
        + "process may use (0)",
      inGroup: "near",
      of: "cpuset",
      after: "echo 0 > $g/cpuset.mems",
      size: "\((mine + 1) * 2)M"
    )
    _ = try await Memreg.shell("echo \(mine) > \(pool)/nr_hugepages")
  }
}
