import Testing

@testable import LinuxSystem

@Suite struct `Directories of control groups` {
  private let unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"

  @Test func `ascend from the process's group to the root`() {
    let found = ControlGroupDirectory.all(of: "memory", membership: "0::/a/b\n", mounts: unified)
    #expect(found.map(\.group) == ["/a/b", "/a", "/"])
    #expect(found.map(\.path) == ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"])
  }

  @Test func `of a namespace or a root of its own have files at the mount itself`() {
    let found = ControlGroupDirectory.all(of: "rdma", membership: "0::/\n", mounts: unified)
    #expect(found == [ControlGroupDirectory(group: "/", path: "/sys/fs/cgroup")])
    let outside = unified.split(separator: " / ").joined(separator: " /../.. ")
    #expect(
      ControlGroupDirectory.all(of: "rdma", membership: "0::/\n", mounts: outside).map(\.path)
        == ["/sys/fs/cgroup"]
    )
  }

  @Test func `of a mount from outside the namespace are looked for below it`() {
    let outside = unified.split(separator: " / ").joined(separator: " /../.. ")
    let found = ControlGroupDirectory.all(
      of: "rdma",
      membership: "0::/\n",
      mounts: outside,
      locate: { $0 == "/sys/fs/cgroup" ? ["pod", "c1"] : nil }
    )
    #expect(found.map(\.group) == ["/pod/c1", "/pod", "/"])
    #expect(found.first?.path == "/sys/fs/cgroup/pod/c1")
    // A process outside the namespace whose hierarchy is mounted anew is out of sight.
    #expect(
      ControlGroupDirectory.all(of: "rdma", membership: "0::/../x\n", mounts: unified).isEmpty
    )
  }

  @Test func `of a subtree that is mounted alone leave out what lies above`() {
    let mounts = "30 23 0:26 /docker/x /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
    let found = ControlGroupDirectory.all(
      of: "memory",
      membership: "0::/docker/x/job\n",
      mounts: mounts
    )
    #expect(found.map(\.path) == ["/sys/fs/cgroup/job", "/sys/fs/cgroup"])
    #expect(found.map(\.group) == ["/docker/x/job", "/docker/x"])
  }

  @Test func `prefer the hierarchy of version 1 that has the controller`() {
    let mounts = unified + "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    let found = ControlGroupDirectory.all(
      of: "memory",
      membership: "4:memory:/v1\n1:name=systemd:/s\n0::/v2\n",
      mounts: mounts
    )
    #expect(found.map(\.path) == ["/sys/fs/cgroup/memory/v1", "/sys/fs/cgroup/memory"])
  }

  @Test(arguments: ["", "nonsense\n0\n::", "4:cpu:/v1\n"])
  func `are none where nothing is known`(membership: String) {
    #expect(
      ControlGroupDirectory.all(of: "memory", membership: membership, mounts: unified).isEmpty
    )
    #expect(
      ControlGroupDirectory.all(of: "memory", membership: "0::/\n", mounts: membership).isEmpty
    )
  }
}

@Suite struct `The account of a memory control group` {
  @Test func `counts page cache as free and knows what may be swapped`() {
    let group = MemoryControlGroup(
      group: "/pod",
      file: "memory.max",
      limit: 64 << 20,
      current: 40 << 20,
      statistics:
        "inactive_anon 8388608\nactive_anon 4194304\ninactive_file 2097152\nactive_file 1048576\n"
        + "slab_reclaimable 2097152\n",
      swapHeadroom: 6 << 20
    )
    #expect(group.reclaimable == 4 << 20)
    #expect(group.free == 28 << 20)
    #expect(group.swappable == 6 << 20)
  }

  @Test func `of more than the limit leaves nothing free`() {
    let group = MemoryControlGroup(
      group: "/",
      file: "",
      limit: 1 << 20,
      current: 2 << 20,
      statistics: "total_inactive_file 4096",
      swapHeadroom: 0
    )
    #expect(group.free == 0 && group.reclaimable == 4096)
  }
}
