import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `An rdma control group` {
  @Test func `is found from within a cgroup namespace that did not mount the hierarchy anew`()
    async throws
  {
    func explain(_ setup: String) async throws -> Memreg.Result {
      try await Memreg.shell(
        inGroup: "within/deep",
        of: "rdma",
        after: setup,
        "exec unshare --cgroup \(Memreg.path) explain --size 4K --json"
      )
    }
    let tight = try await explain(
      "echo +rdma > /sys/fs/cgroup/within/cgroup.subtree_control; echo 'rxe0 hca_object=1' > $g/rdma.max"
    )
    #expect(tight.status == 1, "\(tight.error)")
    let report = try tight.document()
    #expect(report["cause"] as? String == "control_group")
    #expect((report["verdict"] as? String)?.contains("control group /within/deep allows 1") == true)
    let remedy = try #require(report["remedy"] as? String)
    let loose = try await explain(remedy)
    #expect(loose.status == 0, "\(loose.output) \(loose.error)")
    _ = try await Memreg.shell("rmdir /sys/fs/cgroup/within/deep /sys/fs/cgroup/within")
  }
}
