import Diagnosis
import Glibc
import HostMemory
import LinuxSystem
import Netlink
import Testing
import Verbs

@Suite(.serialized, .enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `RDMA netlink on rxe` {
  /// Whether `holds` comes true: a test beside this one may have forked a child that has our descriptors until
  /// it starts its program.
  private func eventually(_ holds: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<200 {
      if try holds() { return true }
      usleep(50_000)
    }
    return false
  }

  @Test func `makes and deletes a link, and names its port and driver`() throws {
    let netlink = try RDMANetlink()
    let index: UInt32
    do {
      let made = try TestDevice("nl_t1")
      let device = try made.found(by: netlink)
      index = device.index
      #expect(device.ports == 1)
      #expect(device.transport == "roce")
      let link = try #require(try netlink.links(of: device).first)
      #expect(link.port == 1)
      #expect(link.state == 4)
      #expect(link.netdev == "nl_t1-dum")
      let character = try #require(try netlink.characterDevice(of: device))
      #expect(character.driver == "rxe")
      #expect(character.name.hasPrefix("uverbs"))
      let again = #expect(throws: NetlinkError.self) {
        try netlink.addLink(named: "nl_t1b", type: "rxe", netdev: "nl_t1-dum")
      }
      #expect(again?.code == .EEXIST)
      withExtendedLifetime(made.name) {}
    }
    #expect(try !netlink.devices().contains { $0.index == index })
  }

  @Test func `refuses a type of link that does not exist with EINVAL`() throws {
    let netlink = try RDMANetlink()
    let error = #expect(throws: NetlinkError.self) {
      try netlink.addLink(named: "nl_t2", type: "no-such", netdev: "lo")
    }
    #expect(error?.code == .EINVAL)
  }

  @Test func `lists what this process makes, and no more once it is gone`() throws {
    let netlink = try RDMANetlink()
    let made = try TestDevice("nl_t3")
    let device = try made.found(by: netlink)
    func mine(_ kind: ResourceKind) throws -> [RDMAResource] {
      try netlink.resources(kind, of: device).filter(\.owner.isUser)
    }
    do {
      let buffer = try HostBuffer(.anonymous, length: 12288)
      let domain = try ProtectionDomain(on: DeviceContext(named: "nl_t3"))
      let region = try MemoryRegion(
        in: domain,
        range: buffer.range,
        access: [.localWrite, .remoteRead]
      )
      let regions = try mine(.memoryRegions)
      #expect(regions.map(\.length) == [12288])
      if case .thread(let thread) = regions.first?.owner {
        #expect(try ProcessStatus(ofProcess: thread).processID == getpid())
      } else {
        Issue.record("no thread owns the region")
      }
      // The kernel shows keys only to CAP_NET_ADMIN.
      let showsKeys = try Capability.netAdmin.isGranted
      #expect(regions.first?.lkey == (showsKeys ? region.lkey : nil))
      #expect(regions.first?.rkey == (showsKeys ? region.rkey : nil))
      #expect(try mine(.protectionDomains).count == 1)
      #expect(try mine(.contexts).count == 1)
      #expect(try mine(.queuePairs).isEmpty)
      #expect(try mine(.completionQueues).isEmpty)
      try region.deregister()
      #expect(try mine(.memoryRegions).isEmpty)
      withExtendedLifetime((buffer.range, domain)) {}
    }
    #expect(try eventually { try mine(.contexts).isEmpty })
    #expect(try mine(.protectionDomains).isEmpty)
    withExtendedLifetime(made.name) {}
  }

  @Test func `tells the kernel's own queue pair from those of processes`() throws {
    let netlink = try RDMANetlink()
    let made = try TestDevice("nl_t4")
    let owners = try netlink.resources(.queuePairs, of: made.found(by: netlink))
      .map(\.owner)
    #expect(!owners.isEmpty)
    #expect(owners.allSatisfy { if case .kernel = $0 { true } else { false } })
    withExtendedLifetime(made.name) {}
  }

  @Test func `sees nothing left of probing a device`() throws {
    let failures = ReleaseFailures.count
    let netlink = try RDMANetlink()
    let made = try TestDevice("nl_t5")
    let device = try made.found(by: netlink)
    let buffer = try HostBuffer(.anonymous, length: 8192)
    do {
      let context = try DeviceContext(named: "nl_t5")
      let features = try DeviceFeatures(probing: context, with: buffer)
      #expect(features.pinned == .works)
      #expect(try netlink.resources(.memoryRegions, of: device).isEmpty)
      #expect(try netlink.resources(.contexts, of: device).count == 1)
      withExtendedLifetime(context) {}
    }
    #expect(try eventually { try netlink.resources(.contexts, of: device).isEmpty })
    #expect(ReleaseFailures.count == failures)
    withExtendedLifetime(made.name) {}
  }

  @Test func `says that fork copies pinned pages`() throws {
    #expect(try RDMANetlink().system().copiesOnFork)
    _ = try DeviceContext(named: "rxe0")
    #expect(ForkSupport.current == .unneeded)
  }
}
