import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// What each object of a device charges, and what its driver does with regions.
  static let drivers: [Check] = objects + keys + reregistering + onDemand

  /// A check that what `make` makes in a domain charges nothing; `make` compares whenever it has made something.
  private static func chargesNothing(
    _ name: String,
    _ promise: String,
    needs: [Need] = [],
    withMappedQueues: Bool = false,
    _ make:
      @escaping @Sendable (
        CheckContext, ProtectionDomain, _ expectNothing: (String) throws -> Void
      ) throws -> Void
  ) -> Check {
    Check("drivers.\(name)", promise, needs: needs, scope: .system) { context in
      let domain = try context.domain
      if withMappedQueues { try context.requireMappedQueues() }
      let before = try context.look()
      context.hasAttempted = true
      try make(context, domain) { try context.expect($0, since: before, pages: 0) }
    }
  }

  private static let objects: [Check] = [
    chargesNothing("context-charges-nothing", "Opening a device charges nothing.") {
      context,
      _,
      expectNothing in
      let second = try DeviceContext(named: context.deviceName)
      try expectNothing("a second context")
      withExtendedLifetime(second) {}
    },
    chargesNothing("domain-charges-nothing", "Protection domains charge nothing.") {
      _,
      domain,
      expectNothing in
      let domains = try (0..<100).map { _ in try ProtectionDomain(on: domain.context) }
      try expectNothing("a hundred domains")
      withExtendedLifetime(domains) {}
    },
    chargesNothing("window-charges-nothing", "Memory windows of either type charge nothing.") {
      _,
      domain,
      expectNothing in
      var made = 0
      for kind in MemoryWindow.Kind.allCases {
        do throws(VerbsError) {
          let window = try MemoryWindow(in: domain, kind: kind)
          made += 1
          try window.deallocate()
        } catch {
          guard error.code == .EOPNOTSUPP || error.code == .EINVAL else { throw error }
        }
        try expectNothing("a window of \(kind.rawValue)")
      }
      if made == 0 { throw Skip("the device has no memory windows") }
    },
    chargesNothing(
      "queues-charge-nothing",
      "A driver that keeps its queues in the kernel charges and pins nothing for completion queues and queue pairs.",
      withMappedQueues: true
    ) { _, domain, expectNothing in
      let queue = try CompletionQueue(on: domain.context, entries: 1000)
      try expectNothing("a completion queue")
      let pair = try QueuePair(in: domain)
      try expectNothing("a queue pair")
      try pair.destroy()
      try expectNothing("both and one destroyed")
      withExtendedLifetime(queue) {}
    },
    chargesNothing(
      "shared-receive-queue-charges-nothing",
      "A driver that keeps its queues in the kernel charges and pins nothing for a shared receive queue.",
      withMappedQueues: true
    ) { _, domain, expectNothing in
      let queue = try SharedReceiveQueue(in: domain, requests: 1000)
      try expectNothing("a shared receive queue")
      try queue.destroy()
      try expectNothing("destroyed")
    },
    chargesNothing(
      "address-handle-charges-nothing",
      "An address handle charges nothing.",
      needs: [.datagrams]
    ) { _, domain, expectNothing in
      let address = try PortAddress(of: domain.context)
      let handle = try AddressHandle(in: domain, from: address, to: address)
      try expectNothing("an address handle")
      try handle.destroy()
      try expectNothing("destroyed")
    },
    Check(
      "drivers.dma-buf-answer",
      "A driver without DMA-BUF support says EOPNOTSUPP, one with it looks at the descriptor."
    ) { context in
      let before = try context.look()
      let code = context.seen(try context.domain.probeDMABuf())
      try context.expectErrno("a region over no DMA-BUF", code, in: [.EOPNOTSUPP, .EBADF])
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

  /// A check that changes of a region in place end with `code`, and leave its charge as it is.
  private static func reregistration(
    _ name: String,
    _ promise: String,
    pages: Int = 8,
    _ access: AccessFlags = .full,
    errno code: Errno? = nil,
    _ changes: @escaping @Sendable (CheckContext, Area) throws -> [RegionChange]
  ) -> Check {
    Check("drivers.reregister-\(name)", promise) { context in
      let area = try Area(pages: 8)
      let changes = try changes(context, area)
      let before = try context.look()
      let region = try context.register(area.slice(0..<pages), access)
      for (number, change) in changes.enumerated() {
        let seen = region.reregister(change)
        if number == 0, code == .EOPNOTSUPP, seen == nil {
          throw Skip("the driver changes the memory of a region in place")
        }
        if number == 0, code != .EOPNOTSUPP, seen == .EOPNOTSUPP {
          throw Skip("the driver has no re-registration")
        }
        try context.expectErrno("change \(number + 1)", seen, code)
        try context.expect("change \(number + 1)", since: before, pages: pages)
      }
      try context.release(region, since: before)
    }
  }

  private static let reregistering: [Check] = [
    reregistration(
      "access",
      "Changing a region's access in place charges nothing and keeps its key."
    ) { _, _ in [.access([.localWrite, .remoteRead]), .access(.full)] },
    reregistration(
      "cannot-write",
      "A region pinned for reading cannot be given write access in place (EACCES), and stays as it is.",
      [.remoteRead],
      errno: .EACCES
    ) { _, _ in [.access(.full)] },
    reregistration(
      "domain",
      "Moving a region to another protection domain charges nothing."
    ) { context, _ in [.domain(try ProtectionDomain(on: context.domain.context))] },
    reregistration(
      "refused-keeps-region",
      "A re-registration that the driver refuses leaves region and charge as they were.",
      pages: 4,
      errno: .EOPNOTSUPP
    ) { _, area in [.translation(address: area.range.start, length: 8 * Area.page)] },
  ]

  private static let onDemand: [Check] = [
    Check(
      "drivers.on-demand-refused",
      "A driver without on-demand paging refuses such regions and charges nothing."
    ) { context in
      guard try context.behaviour.onDemand != nil else { throw Skip("the device has it") }
      let (area, before) = try context.memory(pages: 8)
      let attempt = try context.attempt(area.range, AccessFlags.full.union(.onDemand))
      try context.expectErrno("an on-demand region", attempt.code, in: [.EINVAL, .EOPNOTSUPP])
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
        try context.expectOnDemand("\(count) pages on demand", area.slice(0..<count))
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
      try context.expectOnDemand("8 pages that are not there", area.range)
    },
    Check(
      "drivers.on-demand-whole-address-space",
      "A driver without implicit on-demand paging refuses a region of the whole address space.",
      needs: [.onDemandPaging]
    ) { context in
      let everything = AddressRange(start: 0, length: .max)
      let attempt = try context.attempt(everything, [.localWrite, .onDemand])
      if case .registered = attempt { throw Skip("the driver has implicit on-demand paging") }
      try context.expectErrno("the whole address space", attempt.code, in: [.EINVAL, .EOPNOTSUPP])
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
