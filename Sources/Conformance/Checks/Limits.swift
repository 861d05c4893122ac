internal import CFixtures
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

extension Catalogue {
  /// When the kernel refuses for RLIMIT_MEMLOCK, and who is exempt.
  static let limits: [Check] = edges + budgets + exemptions

  /// A check of fresh memory under a limit of `limit` pages, which binds unless the process keeps CAP_IPC_LOCK.
  private static func limited(
    _ name: String,
    _ promise: String,
    pages: Int,
    limit: UInt64,
    privileged: Bool = false,
    _ body: @escaping @Sendable (CheckContext, Area) throws -> Void
  ) -> Check {
    Check("limits.\(name)", promise, needs: privileged ? [.capability(.ipcLock)] : []) { context in
      let area = try Area(pages: pages)
      if privileged {
        try Memlock(soft: limit * Area.page, hard: Memlock().hard).apply()
      } else {
        try context.limit(pages: limit)
      }
      try body(context, area)
    }
  }

  private static let edges: [Check] = [
    limited(
      "exactly-at",
      "Registrations up to exactly the limit succeed.",
      pages: 8,
      limit: 8
    ) { context, area in
      try context.expectRegistration("8 of 8 pages", area.range)
    },
    limited(
      "one-page-over",
      "One page over the limit is ENOMEM and charges nothing.",
      pages: 9,
      limit: 8
    ) { context, area in
      try context.expectRegistration("9 of 8 pages", area.range, errno: .ENOMEM)
    },
    limited(
      "sum-of-regions",
      "The limit binds the sum of all regions.",
      pages: 9,
      limit: 8
    ) { context, area in
      let region = try context.register(area.slice(0..<5))
      try context.expectRegistration("4 more", area.slice(5..<9), errno: .ENOMEM)
      try context.expectRegistration("3 more", area.slice(5..<8))
      try region.release()
    },
    limited(
      "pinned-page-again",
      "At the limit, not even a byte of a page that is pinned already fits.",
      pages: 8,
      limit: 8
    ) { context, area in
      let region = try context.register(area.range)
      try context.expectRegistration("a byte of it again", area.bytes(10, 1), errno: .ENOMEM)
      try region.release()
      try context.expectRegistration("a byte of it after the release", area.bytes(10, 1))
    },
    Check("limits.rounded-down", "A limit one byte short of n pages allows n - 1.") { context in
      let area = try Area(pages: 8)
      try context.limit(bytes: 8 * Area.page - 1)
      try context.expectRegistration("8 pages", area.range, errno: .ENOMEM)
      try context.expectRegistration("7 pages", area.slice(0..<7))
    },
    Check("limits.below-one-page", "A limit of less than a page is ENOMEM.") { context in
      let area = try Area(pages: 1)
      try context.limit(bytes: 100)
      try context.expectRegistration("a byte", area.bytes(0, 1), errno: .ENOMEM)
    },
    Check("limits.zero", "A limit of zero is EPERM, whatever the size.") { context in
      let area = try Area(pages: 4)
      try context.limit(bytes: 0)
      try context.expectRegistration("a byte", area.bytes(0, 1), errno: .EPERM)
      try context.expectRegistration("4 pages", area.range, errno: .EPERM)
    },
    Check(
      "limits.checked-before-memory",
      "A registration over the limit is ENOMEM even where there is no memory."
    ) { context in
      let area = try Area(pages: 9, .none)
      try context.limit(pages: 8)
      try context.expectRegistration("9 pages of nothing", area.range, errno: .ENOMEM)
      try context.expectRegistration(
        "8 pages of nothing",
        area.range.prefix(8),
        .full,
        errno: .EFAULT
      )
    },
    Check(
      "limits.failure-takes-no-room",
      "Failed registrations take nothing off the room below the limit."
    ) { context in
      let area = try Area(pages: 16)
      try area.unmap(12..<16)
      try context.limit(pages: 8)
      for _ in 0..<20 {
        try context.expectRegistration("over the limit", area.slice(0..<9), errno: .ENOMEM)
        try context.expectRegistration("over a hole", area.slice(8..<16), errno: .EFAULT)
      }
      try context.expectRegistration("all of the limit", area.slice(0..<8))
    },
    Check(
      "limits.threads-at-the-edge",
      "Of two threads that register 5 pages each under a limit of 8, never both succeed.",
      scope: .system
    ) { context in
      let area = try Area(pages: 10)
      let domain = try context.domain
      try context.limit(pages: 8)
      let before = try context.look()
      context.hasAttempted = true
      let range = area.range
      let live = SharedCounter()
      let most = SharedCounter()
      let codes = Threads.run(2) { index in
        for _ in 0..<300 {
          let half = AddressRange(
            start: range.start + UInt64(index) * 5 * Area.page,
            length: 5 * Area.page
          )
          do throws(VerbsError) {
            let region = try MemoryRegion(in: domain, range: half, access: .full)
            let now = live.add(1)
            most.raise(to: now)
            sched_yield()
            live.add(-1)
            try region.deregister()
          } catch {
            if error.code != .ENOMEM { return error.code }
          }
        }
        return nil
      }
      try context.expectSuccess("errno other than ENOMEM", codes)
      try context.expect("regions of 5 pages at once", most.value, 1)
      try context.expect("both threads done", since: before, pages: 0)
    },
  ]

  private static let budgets: [Check] = [
    limited(
      "mlock-beside",
      "Locking and registering have the whole limit each.",
      pages: 16,
      limit: 8
    ) { context, area in
      try area.lock(0..<8)
      try context.expectRegistration("8 pages beside 8 locked", area.slice(8..<16))
      try context.expectRegistration("the 8 locked pages", area.slice(0..<8))
    },
    limited(
      "lowered-below-the-charge",
      "Lowering the limit leaves regions alone; the next registration is refused.",
      pages: 9,
      limit: 16
    ) { context, area in
      let before = try context.look()
      let region = try context.register(area.slice(0..<8))
      try context.limit(pages: 4)
      try context.expect("after lowering", since: before, pages: 8)
      try context.expectRegistration("one page more", area.slice(8..<9), errno: .ENOMEM)
      try region.release()
      try context.expectRegistration("4 pages after the release", area.slice(0..<4))
    },
    limited(
      "raised",
      "Raising the soft limit takes effect at the next registration.",
      pages: 8,
      limit: 4
    ) { context, area in
      try context.expectRegistration("8 of 4 pages", area.range, errno: .ENOMEM)
      try context.limit(pages: 8)
      try context.expectRegistration("8 of 8 pages", area.range)
    },
    limited(
      "set-from-outside",
      "A limit set by another process (prlimit) binds at the next registration.",
      pages: 8,
      limit: 8
    ) { context, area in
      try context.expectRegistration("8 of 8 pages", area.range)
      let pid = getpid()
      let child = try Child { _ in
        let hard = try Memlock(ofProcess: pid).hard
        try Memlock(soft: 2 * Area.page, hard: hard).apply(toProcess: pid)
      }
      try context.expect("prlimit by the child", try child.wait(), .exited(0))
      try context.expectRegistration("8 of 2 pages", area.range, errno: .ENOMEM)
      try context.expectRegistration("2 of 2 pages", area.slice(0..<2))
    },
    limited(
      "per-process",
      "Every process has the limit to itself: a child pins as much as its parent again.",
      pages: 8,
      limit: 8
    ) { context, area in
      let region = try context.register(area.range)
      let child = try context.fork { own, pipe in
        let attempt = try own.attempt(area.range)
        try pipe.send(attempt.code)
        try pipe.send(try own.look().charged)
      }
      try context.expectErrno("8 pages in the child", try child.pipe.receiveFailure(), nil)
      try context.expect("pages charged to the child", try child.pipe.receive(), 8)
      try context.expect("end of the child", try child.wait(), .exited(0))
      try region.release()
    },
    Check(
      "limits.io-uring-takes-room",
      "What io_uring has pinned takes room from the regions of a device.",
      scope: .system
    ) { context in
      let area = try Area(pages: 16)
      try context.limit(pages: 8)
      do {
        let buffer = try IOUringStrategy().register(area.slice(8..<12), access: .full)
        try context.expectRegistration("5 pages beside 4", area.slice(0..<5), errno: .ENOMEM)
        try context.expectRegistration("4 pages beside 4", area.slice(0..<4))
        try buffer.release()
      } catch let error as RegistrationError {
        throw Skip("io_uring is unavailable: \(error.code.name)")
      }
      try context.expectRegistration("8 pages without it", area.slice(0..<8))
    },
    Check(
      "limits.on-demand-unlimited",
      "An on-demand region needs no room below the limit, not even where that is zero.",
      needs: [.onDemandPaging]
    ) { context in
      let area = try Area(pages: 64)
      try context.limit(bytes: 0)
      try context.expectOnDemand("64 pages on demand", area.range)
    },
    Check(
      "limits.rdma-cgroup",
      "At the limit of the rdma cgroup a registration is EAGAIN and charges nothing.",
      needs: [.capability(.sysAdmin), .change(.groups)],
      scope: .system
    ) { context in
      let area = try Area(pages: 8)
      let group = try LimitedGroup(controller: "rdma")
      try group.set("rdma.max", "\(context.deviceName) hca_handle=max hca_object=3")
      let child = try context.fork { own, pipe in
        try group.enter()
        var regions: [Region] = []
        for _ in 0..<3 {
          let attempt = try own.attempt(area.range)
          try pipe.send(attempt.code)
          if case .registered(let region) = attempt { regions.append(region) }
        }
        try pipe.send(try own.look().charged)
        try regions.popLast()?.release()
        try pipe.send(try own.attempt(area.range).code)
      }
      // One of the three objects is the protection domain.
      try context.expectErrno("first region", try child.pipe.receiveFailure(), nil)
      try context.expectErrno("second region", try child.pipe.receiveFailure(), nil)
      try context.expectErrno("third region", try child.pipe.receiveFailure(), .EAGAIN)
      try context.expect("pages charged", try child.pipe.receive(), 16)
      try context.expectErrno("after a release", try child.pipe.receiveFailure(), nil)
      try context.expect("end of the child", try child.wait(), .exited(0))
      withExtendedLifetime(group) {}
    },
  ]

  private static let exemptions: [Check] = [
    limited(
      "capability-lifts",
      "CAP_IPC_LOCK in the initial user namespace lifts the limit.",
      pages: 64,
      limit: 8,
      privileged: true
    ) { context, area in
      try context.expectRegistration("64 of 8 pages", area.range)
    },
    limited(
      "capability-lifts-zero",
      "CAP_IPC_LOCK in the initial user namespace lifts a limit of zero.",
      pages: 64,
      limit: 0,
      privileged: true
    ) { context, area in
      try context.expectRegistration("64 pages under a limit of zero", area.range)
    },
    limited(
      "permitted-is-not-effective",
      "CAP_IPC_LOCK that is permitted and not effective lifts nothing.",
      pages: 9,
      limit: 8,
      privileged: true
    ) { context, area in
      try context.expectRegistration("9 pages, effective", area.range)
      try Capability.ipcLock.dropEffective()
      try context.expectRegistration("9 pages, permitted only", area.range, errno: .ENOMEM)
    },
    limited(
      "capability-dropped-later",
      "Regions above the limit outlive the capability that allowed them.",
      pages: 16,
      limit: 8,
      privileged: true
    ) { context, area in
      let before = try context.look()
      let region = try context.register(area.range)
      try Capability.ipcLock.dropEffective()
      try context.expect("after the drop", since: before, pages: 16)
      try context.expectRegistration("a page more", area.slice(0..<1), errno: .ENOMEM)
      try region.release()
      try context.expectRegistration("8 pages after the release", area.slice(0..<8))
    },
    Check(
      "limits.user-namespace-root",
      "Root of a user namespace is bound like anyone, with all its capabilities."
    ) { context in
      try context.expectInUserNamespace(
        soft: 8 * Area.page,
        [(8, nil), (9, .ENOMEM)]
      )
    },
    Check(
      "limits.user-namespace-root-zero",
      "A limit of zero is EPERM for root of a user namespace."
    ) { context in
      try context.expectInUserNamespace(soft: 0, [(1, .EPERM)])
    },
  ]
}

extension CheckContext {
  /// Binds this process to `bytes`: without CAP_IPC_LOCK, the soft limit set.
  func limit(bytes: UInt64) throws {
    if try Capability.ipcLock.isEffective { try Capability.ipcLock.dropEffective() }
    let hard = try Memlock().hard
    if let hard, hard < bytes { throw Skip("the hard memlock limit is \(hard) bytes") }
    try Memlock(soft: bytes, hard: hard).apply()
  }

  func limit(pages: UInt64) throws { try limit(bytes: pages * Area.page) }

  fileprivate func expectInUserNamespace(
    soft: UInt64,
    _ cases: [(pages: Int, code: Errno?)]
  ) throws {
    let area = try Area(pages: 16)
    let child = try fork { own, pipe in
      let failure = Errno(status: fixtures_enter_user_namespace())
      try pipe.send(failure)
      guard failure == nil else { return }
      try pipe.send(try Capability.ipcLock.isEffective ? 1 : 0)
      try Memlock(soft: soft, hard: Memlock().hard).apply()
      for item in cases { try pipe.send(try own.attempt(area.slice(0..<item.pages)).code) }
    }
    if let code = try child.pipe.receiveFailure() {
      throw Skip("a user namespace is unavailable: \(code.name)")
    }
    try expect("CAP_IPC_LOCK effective inside", try child.pipe.receive(), 1)
    for item in cases {
      let observed = try child.pipe.receiveFailure()
      try expectErrno("\(item.pages) pages under \(soft) bytes", observed, item.code)
    }
    try expect("end of the child", try child.wait(), .exited(0))
  }
}

extension AddressRange {
  func prefix(_ pages: UInt64) -> AddressRange {
    AddressRange(start: start, length: min(length, pages * UInt64(BasePage.size)))
  }
}
