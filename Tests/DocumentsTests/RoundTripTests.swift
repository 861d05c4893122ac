import Documents
import Testing

@Suite struct `What a command wrote` {
  /// Writes `report` and reads it again; what is not known must have no key.
  private func expectReadBack<Report: Codable & Equatable>(_ report: Report, _ keys: [String])
    throws
  {
    let line = try JSONDocument.line(report)
    #expect(try JSONDocument.read(Report.self, Array(line.utf8)) == report)
    #expect(!line.contains("null"))
    for key in keys { #expect(line.contains("\"\(key)\":"), "\(key)") }
  }

  @Test func `about limits is read back`() throws {
    try expectReadBack(
      LimitsReport(
        pid: 1,
        process: "init",
        userId: 0,
        user: nil,
        memlock: .init(softBytes: 65536, hardBytes: nil),
        pinnedBytes: -4096,
        lockedBytes: 0,
        capability: .init(ipcLock: "none", liftsLimit: false, explanation: "e"),
        limitBinds: true,
        headroomBytes: 65536,
        origin: .init(
          kind: "login",
          summary: "s",
          remedy: "r",
          setterPid: nil,
          setter: nil,
          evidence: []
        ),
        rdmaCgroups: [
          .init(
            group: "/",
            device: "rxe0",
            handles: 1,
            handleLimit: nil,
            objects: 2,
            objectLimit: 3,
            isFull: false
          )
        ],
        hugetlbPools: [.init(pageBytes: 2_097_152, totalPages: 4, freePages: 2)],
        mappings: nil,
        maxMappings: nil,
        bounds: nil,
        pinnableBytes: nil,
        boundBy: nil,
        memoryTotalBytes: .max,
        memoryAvailableBytes: 0,
        need: nil,
        probe: nil
      ),
      ["soft_bytes", "user_id", "rdma_cgroups", "hugetlb_pools", "limit_binds", "is_full"]
    )
    let user = UserLimitsReport.Process(
      pid: 1,
      process: "init",
      softBytes: nil,
      isLimitHidden: true,
      liftsLimit: false,
      pinnedBytes: 0
    )
    try expectReadBack(
      UserLimitsReport(
        user: "root",
        userId: 0,
        lines: [],
        loginSoftBytes: nil,
        isLoginConfigured: false,
        pinnedBytes: 0,
        processes: [user]
      ),
      ["user_id", "is_login_configured", "is_limit_hidden"]
    )
  }

  @Test func `about who pins and who holds is read back`() throws {
    let process = TopSample.Process(
      pid: 7,
      name: "a",
      user: "b",
      pinnedBytes: 8192,
      lockedBytes: 0,
      limitBytes: 65536,
      limitBinds: true,
      mrs: 1,
      mrBytes: 5000,
      devices: ["rxe0"],
      pinnedBytesPerSecond: nil
    )
    #expect(process.headroomBytes == 57344 && process.residualBytes == 3192)
    let sample = TopSample(
      timeUnixNs: 1,
      systemPinnedBytes: 16384,
      accountedBytes: 8192,
      processes: [process],
      devices: [.init(device: "rxe0", mrs: 1, mrBytes: 5000)]
    )
    #expect(sample.unaccountedBytes == 8192)
    try expectReadBack(sample, ["unaccounted_bytes", "headroom_bytes", "residual_bytes"])
    let holder = HoldersReport.Holder(
      pid: 7,
      name: "a",
      user: "b",
      role: "opener",
      descriptors: 1,
      mappings: nil,
      mappedBytes: nil,
      objects: .init(mrs: 1, cmIds: 2)
    )
    try expectReadBack(
      HoldersReport(
        devices: [
          .init(
            device: nil,
            characterDevice: "uverbs0",
            present: false,
            holders: [holder],
            unattributed: .init()
          )
        ],
        unseenProcesses: 3
      ),
      ["character_device", "unseen_processes", "cm_ids", "mr_bytes"]
    )
  }

  @Test func `keeps the keys of its counts to the letter`() throws {
    try expectReadBack(
      FuzzReport(
        kernel: "6.1",
        device: "rxe0",
        seed: 1,
        threads: 1,
        operations: 3,
        divergences: 0,
        answers: ["EINVAL": 1, "success": 2],
        elapsedNs: 1,
        interrupted: false,
        found: []
      ),
      ["EINVAL", "success", "elapsed_ns"]
    )
    try expectReadBack(
      CoherenceReport(device: "rxe0", kernel: "6.1", counts: ["not_applicable": 1, "someWord": 2]),
      ["not_applicable", "someWord"]
    )
  }

  @Test func `about devices is read back`() throws {
    let probe = DeviceReport.Probe(works: true)
    try expectReadBack(
      DeviceReport.Probes(
        pinned: probe,
        remoteWrite: probe,
        onDemand: .init(works: false, errno: "EOPNOTSUPP"),
        mwType1: .init(skipped: "not claimed"),
        mwType2: probe,
        dmabuf: probe,
        reregAccess: probe,
        reregPd: probe,
        reregTranslation: probe,
        reregRoute: nil,
        onDemandPlacement: nil
      ),
      ["remote_write", "mw_type1", "mw_type2", "rereg_pd", "skipped", "errno"]
    )
    try expectReadBack(
      RxeListReport(
        links: [
          .init(
            device: "rxe0",
            netdev: nil,
            state: "active",
            madeByMemreg: true,
            contexts: 0,
            pids: []
          )
        ]
      ),
      ["made_by_memreg"]
    )
    try expectReadBack(
      VerifyReport(
        host: "h",
        port: 7471,
        device: "rxe0",
        sizeBytes: 4096,
        interrupted: false,
        cases: [
          .init(
            memory: "remote",
            name: "n",
            expected: "e",
            observed: "o",
            holds: false,
            knownDefect: "d"
          )
        ],
        skipped: [.init(memory: "remote", name: "n", reason: "r")]
      ),
      ["size_bytes", "known_defect"]
    )
  }
}
