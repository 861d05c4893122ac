import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// What each object of a device charges, and what its driver does with regions.
  static let drivers: [Check] = objects + keys + reregistering + onDemand

  private static let objects: [Check] = [
    Check("drivers.context-charges-nothing", "Opening a device charges nothing.", scope: .system) {
      context in
      let before = try context.look()
      context.hasAttempted = true
      let second = try DeviceContext(named: context.deviceName)
      try context.expect("a second context", since: before, pages: 0)
      withExtendedLifetime(second) {}
    },
    Check(
      "drivers.domain-charges-nothing",
      "Protection domains charge nothing.",
      scope: .system
    ) { context in
      let device = try context.domain.context
      let before = try context.look()
      context.hasAttempted = true
      let domains = try (0..<100).map { _ in try ProtectionDomain(on: device) }
      try context.expect("a hundred domains", since: before, pages: 0)
      withExtendedLifetime(domains) {}
    },
    Check(
      "drivers.window-charges-nothing",
      "Memory windows of either type charge nothing.",
      scope: .system
    ) { context in
      let domain = try context.domain
      let before = try context.look()
      context.hasAttempted = true
      var made = 0
      for kind in MemoryWindow.Kind.allCases {
        do throws(VerbsError) {
          let window = try MemoryWindow(in: domain, kind: kind)
          made += 1
          try window.deallocate()
        } catch {
          guard error.code == .EOPNOTSUPP || error.code == .EINVAL else { throw error }
        }
        try context.expect("a window of \(kind.rawValue)", since: before, pages: 0)
      }
      if made == 0 { throw Skip("the device has no memory windows") }
    },
    Check(
      "drivers.queues-charge-nothing",
      "A driver that keeps its queues in the kernel charges and pins nothing for completion queues and queue pairs.",
      scope: .system
    ) { context in
      let domain = try context.domain
      try context.requireMappedQueues()
      let before = try context.look()
      context.hasAttempted = true
      let queue = try CompletionQueue(on: domain.context, entries: 1000)
      try context.expect("a completion queue", since: before, pages: 0)
      let pair = try QueuePair(in: domain)
      try context.expect("a queue pair", since: before, pages: 0)
      try pair.destroy()
      try context.expect("both and one destroyed", since: before, pages: 0)
      withExtendedLifetime(queue) {}
    },
    Check(
      "drivers.shared-receive-queue-charges-nothing",
      "A driver that keeps its queues in the kernel charges and pins nothing for a shared receive queue.",
      scope: .system
    ) { context in
      let domain = try context.domain
      try context.requireMappedQueues()
      let before = try context.look()
      context.hasAttempted = true
      let queue = try SharedReceiveQueue(in: domain, requests: 1000)
      try context.expect("a shared receive queue", since: before, pages: 0)
      try queue.destroy()
      try context.expect("destroyed", since: before, pages: 0)
    },
    Check(
      "drivers.address-handle-charges-nothing",
      "An address handle charges nothing.",
      needs: [.datagrams],
      scope: .system
    ) { context in
      let domain = try context.domain
      let address = try PortAddress(of: domain.context)
      let before = try context.look()
      context.hasAttempted = true
      let handle = try AddressHandle(in: domain, from: address, to: address)
      try context.expect("an address handle", since: before, pages: 0)
      try handle.destroy()
      try context.expect("destroyed", since: before, pages: 0)
    },
    Check(
      "drivers.dma-buf-answer",
      "A driver without DMA-BUF support says EOPNOTSUPP, one with it looks at the descriptor."
    ) { context in
      let before = try context.look()
      let code = context.seen(try context.domain.probeDMABuf())
      try context.require(
        "a region over no DMA-BUF",
        [.EOPNOTSUPP, .EBADF].contains(code),
        expected: "EOPNOTSUPP or EBADF",
        observed: code.outcome
      )
      try context.expect("a region over no DMA-BUF", since: before, pages: 0)
    },
  ]

  private static let keys: [Check] = [
    Check(
      "drivers.local-region-rkey",
      "A region without remote access has an rkey of zero or one that equals its lkey, always the same way."
    ) { context in
      let area = try Area(pages: 4)
      let equals = try context.behaviour.givesEveryRegionAnRkey
      for access: AccessFlags in [[], [.localWrite], [.localWrite, .windowBind]] {
        let region = try context.register(area.range, access)
        try context.expect("rkey with \(access)", region.rkey, equals ? region.lkey : 0)
        try region.release()
      }
    },
    Check("drivers.keys-are-distinct", "Live regions have keys of their own.") { context in
      let area = try Area(pages: 1)
      let regions = try (0..<256).map { _ in try context.register(area.range) }
      try context.expect("distinct lkeys", Set(regions.map(\.lkey)).count, 256)
      try context.expect("distinct rkeys", Set(regions.map(\.rkey)).count, 256)
      for region in regions { try region.release() }
    },
    Check(
      "drivers.keys-change",
      "A region registered in place of a released one has another key."
    ) { context in
      let area = try Area(pages: 1)
      var last: UInt32?
      for round in 0..<500 {
        let region = try context.register(area.range)
        try context.require(
          "lkey of round \(round)",
          region.lkey != last,
          expected: "another than before",
          observed: "\(region.lkey)"
        )
        last = region.lkey
        try region.release()
      }
    },
  ]

  private static let reregistering: [Check] = [
    Check(
      "drivers.reregister-access",
      "Changing a region's access in place charges nothing and keeps its key."
    ) { context in
      let area = try Area(pages: 8)
      let before = try context.look()
      let region = try context.register(area.range)
      let code = region.reregister(.access([.localWrite, .remoteRead]))
      if code == .EOPNOTSUPP { throw Skip("the driver has no re-registration") }
      try context.expectErrno("less access", code, nil)
      try context.expect("less access", since: before, pages: 8)
      try context.expectErrno("full access again", region.reregister(.access(.full)), nil)
      try context.expect("full access again", since: before, pages: 8)
      try region.release()
      try context.expect("released", since: before, pages: 0)
    },
    Check(
      "drivers.reregister-cannot-write",
      "A region pinned for reading cannot be given write access in place (EACCES), and stays as it is."
    ) { context in
      let area = try Area(pages: 8)
      let before = try context.look()
      let region = try context.register(area.range, [.remoteRead])
      let code = region.reregister(.access(.full))
      if code == .EOPNOTSUPP { throw Skip("the driver has no re-registration") }
      try context.expectErrno("write access", code, .EACCES)
      try context.expect("refused", since: before, pages: 8)
      try region.release()
      try context.expect("released", since: before, pages: 0)
    },
    Check(
      "drivers.reregister-domain",
      "Moving a region to another protection domain charges nothing."
    ) { context in
      let area = try Area(pages: 8)
      let other = try ProtectionDomain(on: context.domain.context)
      let before = try context.look()
      let region = try context.register(area.range)
      let code = region.reregister(.domain(other))
      if code == .EOPNOTSUPP { throw Skip("the driver has no re-registration") }
      try context.expectErrno("another domain", code, nil)
      try context.expect("in another domain", since: before, pages: 8)
      try region.release()
      try context.expect("released", since: before, pages: 0)
    },
    Check(
      "drivers.reregister-refused-keeps-region",
      "A re-registration that the driver refuses leaves region and charge as they were."
    ) { context in
      let area = try Area(pages: 8)
      let before = try context.look()
      let region = try context.register(area.slice(0..<4))
      let change = RegionChange.translation(
        address: area.range.start,
        length: 8 * Area.page
      )
      let code = region.reregister(change)
      if code == nil { throw Skip("the driver changes the memory of a region in place") }
      try context.expectErrno("other memory", code, .EOPNOTSUPP)
      try context.expect("refused", since: before, pages: 4)
      try region.release()
      try context.expect("released", since: before, pages: 0)
    },
  ]

  private static let onDemand: [Check] = [
    Check(
      "drivers.on-demand-refused",
      "A driver without on-demand paging refuses such regions and charges nothing."
    ) { context in
      guard try context.behaviour.onDemand != nil else { throw Skip("the device has it") }
      let area = try Area(pages: 8)
      let before = try context.look()
      let attempt = try context.attempt(area.range, AccessFlags.full.union(.onDemand))
      try context.require(
        "an on-demand region",
        [.EINVAL, .EOPNOTSUPP].contains(attempt.code),
        expected: "EINVAL or EOPNOTSUPP",
        observed: attempt.code.outcome
      )
      try context.expect("refused", since: before, pages: 0)
    },
    Check(
      "drivers.on-demand-charges-nothing",
      "An on-demand region charges and pins nothing, whatever its size.",
      needs: [.onDemandPaging],
      scope: .system
    ) { context in
      let area = try Area(pages: 1024)
      area.fill()
      for count in [1, 64, 1024] {
        try context.expectRegistration(
          "\(count) pages on demand",
          area.slice(0..<count),
          AccessFlags.full.union(.onDemand),
          pages: 0
        )
      }
    },
    Check(
      "drivers.on-demand-of-nothing",
      "An on-demand region may be made over addresses without memory.",
      needs: [.onDemandPaging],
      scope: .system
    ) { context in
      let area = try Area(pages: 8)
      try area.unmap()
      try context.expectRegistration(
        "8 pages that are not there",
        area.range,
        AccessFlags.full.union(.onDemand),
        pages: 0
      )
    },
    Check(
      "drivers.on-demand-whole-address-space",
      "A driver without implicit on-demand paging refuses a region of the whole address space.",
      needs: [.onDemandPaging]
    ) { context in
      let everything = AddressRange(start: 0, length: .max)
      let attempt = try context.attempt(everything, [.localWrite, .onDemand])
      if case .registered = attempt { throw Skip("the driver has implicit on-demand paging") }
      try context.require(
        "the whole address space",
        [.EINVAL, .EOPNOTSUPP].contains(attempt.code),
        expected: "EINVAL or EOPNOTSUPP",
        observed: attempt.code.outcome
      )
    },
    Check(
      "drivers.on-demand-two-gibibytes",
      "An on-demand region may be of 2 GiB.",
      needs: [.onDemandPaging],
      scope: .system,
      defect: KnownDefect(
        "rxe keeps the length of an on-demand region in an int: EINVAL from 2 GiB to 4 GiB",
        versions: "7.2, 7.3",
        applies: { DeviceTraits(named: $0.deviceName).isSoftRoCE }
      )
    ) { context in
      let range = try Area.reserve(2 << 30)
      defer { Area.release(range) }
      try context.expectRegistration("2 GiB", range, [.localWrite, .onDemand], pages: 0)
    },
  ]
}

extension CheckContext {
  /// Skips the check where the driver pins the program's memory for its queues rather than map the kernel's.
  func requireMappedQueues() throws {
    let queue = try CompletionQueue(on: domain.context, entries: 16)
    let isMapped = try !DeviceFile.mappings().isEmpty
    withExtendedLifetime(queue) {}
    if !isMapped { throw Skip("the driver maps no queue of the kernel") }
  }
}
