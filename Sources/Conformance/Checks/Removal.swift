import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Netlink
import Synchronization
import Verbs

extension Catalogue {
  /// Removal of a device under those who use it: everything pinned, open and mapped comes back.
  static let removal: [Check] = [
    removalCheck("idle", "A device that nobody uses any more can be removed.") { stage in
      _ = try stage.open()
      try stage.remover.begin()
      try stage.finishRemoval()
    },
    removalCheck(
      "idle-regions",
      "A removal takes the regions of a holder from it, or waits and ends when the holder lets go."
    ) { stage in
      let area = try Area(pages: 64)
      let holder = try stage.open()
      let regions = try (0..<16).map { _ in try stage.context.register(area.range, in: holder) }
      try stage.context.expect("16 regions", since: stage.before, pages: 16 * 64)
      try stage.remover.begin()
      let isOver = stage.remover.hasEnded(within: 500)
      try stage.context.expect("removal", since: stage.before, pages: isOver ? 0 : 16 * 64)
      try stage.letGo(of: holder)
      let late = try stage.context.attempt(area.range, in: holder)
      try stage.context.expectErrno("registration after the removal", late.code, .EIO)
      for region in regions { try region.release() }
    },
    removalCheck(
      "busy-regions",
      "Threads that register and release during a removal end with an error, and nothing stays pinned."
    ) { stage in
      let area = try Area(pages: 8)
      let (holder, range, remover) = (try stage.open(), area.range, stage.remover)
      let codes = Threads.run(4) { index in
        guard index > 0 else { return remover.run(on: holder.context) }
        do throws(VerbsError) {
          while true {
            let region = try MemoryRegion(in: holder, range: range, access: .full)
            try region.deregister()
          }
        } catch {
          return error.isDisassociated ? nil : error.code
        }
      }
      try stage.context.expectSuccess("errno of the threads", codes)
      try stage.finishRemoval()
    },
    removalCheck(
      "traffic-in-flight",
      "RDMA writes that a removal overtakes end with an error and never with a signal."
    ) { stage in
      let area = try Area(pages: 64)
      area.fill()
      let traffic = try Traffic(in: try stage.open(), area.range)
      let remover = stage.remover
      let codes = Threads.run(2) { index in
        index == 0 ? remover.run(on: traffic.pair.requester.domain.context) : traffic.flow()
      }
      try stage.context.expectSuccess("errno of the threads", codes)
      try stage.context.require(
        "writes before the removal",
        traffic.count.value > 0,
        expected: "some",
        observed: "none"
      )
      try stage.finishRemoval()
    },
    removalCheck(
      "several-processes",
      "A removal ends when the last of several processes has let go by itself."
    ) { stage in
      let area = try Area(pages: 32)
      let (name, sabotage) = (stage.device.name, stage.context.sabotage)
      let children = try (0..<3)
        .map { _ in
          try Child { pipe in
            let own = try CheckContext(device: name, seed: 0, isAlone: false, sabotage: sabotage)
            let domain = try own.domain
            let region = try own.register(area.range, in: domain)
            try pipe.send(try own.look().charged)
            try pipe.send(try RemovalStage.awaitSign(domain.context))
            try domain.context.disassociate()
            try pipe.send(try own.look().charged)
            try region.release()
            _exit(0)
          }
        }
      for child in children {
        try stage.context.expect("pages charged", try child.pipe.receive(), 32)
      }
      try stage.remover.begin()
      for child in children {
        try stage.context.expect("the removal was noticed", try child.pipe.receive(), 1)
        try stage.context.expect("pages charged after", try child.pipe.receive(), 0)
        try stage.context.expect("end of a holder", try child.wait(), .exited(0))
      }
      try stage.finishRemoval()
    },
    removalCheck(
      "forked-child",
      "A child that inherited descriptor and mappings holds the device too, and can release them."
    ) { stage in
      let (holder, region) = try stage.hold(pages: 8)
      let pair = try LoopbackPair(in: holder)
      let child = try Child { pipe in
        let all = try DeviceMappings.all()
        try pipe.send(all.count)
        try pipe.send(holder.context.mappings == all ? 1 : 0)
        _ = try pipe.receive()
        try holder.context.disassociate()
        try pipe.send(try DeviceMappings.all().count)
        _exit(0)
      }
      let count = try DeviceMappings.all().count
      try stage.context.expect("mappings of the child", try child.pipe.receive(), count)
      try stage.context.expect("mappings are the context's", try child.pipe.receive(), 1)
      try stage.remover.begin()
      let isOver = stage.remover.hasEnded(within: 300)
      _ = try RemovalStage.awaitSign(holder.context)
      try holder.context.disassociate()
      try stage.context.expect(
        "the child holds the device",
        stage.remover.hasEnded(within: 300),
        isOver
      )
      try child.pipe.send(1)
      try stage.context.expect("mappings left to the child", try child.pipe.receive(), 0)
      try stage.finishRemoval()
      try stage.context.expect("end of the child", try child.wait(), .exited(0))
      try region.release()
      withExtendedLifetime(pair.pathMTU) {}
    },
    removalCheck(
      "network-interface",
      "Removing the network interface under soft RoCE removes the device, by the same rules.",
      part: .interface
    ) { stage in
      let (holder, region) = try stage.hold(pages: 16)
      let pair = try LoopbackPair(in: holder)
      try stage.remover.begin()
      try stage.letGo(of: holder)
      try region.release()
      withExtendedLifetime(pair.pathMTU) {}
    },
    removalCheck(
      "returns-under-the-same-name",
      "A device made anew under the same name takes registrations, while handles of the old one are kept."
    ) { stage in
      let (old, region) = try stage.hold(pages: 16)
      try stage.remover.begin()
      try stage.letGo(of: old)
      try stage.device.addLink()
      let (new, other) = try stage.hold(pages: 16)
      try stage.context.expect("registered anew", since: stage.before, pages: 16)
      try region.release()
      try stage.context.expect("old handle released", since: stage.before, pages: 16)
      try other.release()
      try new.context.disassociate()
    },
    removalCheck(
      "killed-holder",
      "A holder that is killed during the removal leaves nothing pinned, and the removal ends."
    ) { stage in
      let area = try Area(pages: 64)
      let name = stage.device.name
      let child = try Child { pipe in
        let domain = try ProtectionDomain(on: DeviceContext(named: name))
        let pair = try LoopbackPair(in: domain)
        let region = try MemoryRegion(in: domain, range: area.range, access: .full)
        try pipe.send(Int(region.lkey & 1) + 1)
        _ = try pipe.receive()
        withExtendedLifetime(pair.pathMTU) {}
      }
      stage.context.hasAttempted = true
      _ = try child.pipe.receive()
      try stage.remover.begin()
      _ = stage.remover.hasEnded(within: 300)
      try stage.context.expect("end of the holder", try child.kill(), .killed(SIGKILL))
      try stage.finishRemoval()
    },
    Check(
      "removal.hundred-cycles",
      "A hundred times made, used, removed and let go, a device leaves nothing pinned, open or mapped.",
      needs: removalNeeds,
      scope: .system,
      timeLimitSeconds: 300,
      isLong: true
    ) { context in
      let before = try context.look()
      var slowest: UInt64 = 0
      for cycle in 1...100 {
        let stage = try RemovalStage(context, before: before)
        let (holder, region) = try stage.hold(pages: 16)
        let pair = try LoopbackPair(in: holder)
        try context.expect("cycle \(cycle)", since: before, pages: 16)
        try stage.remover.begin()
        try stage.letGo(of: holder)
        try region.release()
        withExtendedLifetime(pair.pathMTU) {}
        slowest = max(slowest, stage.nanoseconds)
      }
      context.note = "slowest removal \(slowest / 1000) µs after the holder let go"
    },
  ]

  private static let removalNeeds: [Need] = [
    .change(.devices), .capability(.netAdmin), .systemCounters,
    .path("/sys/module/rdma_rxe", "needs the rdma_rxe module, to make devices of its own"),
  ]

  private static func removalCheck(
    _ name: String,
    _ promise: String,
    part: RemovableDevice.Part = .link,
    _ body: @escaping @Sendable (RemovalStage) throws -> Void
  ) -> Check {
    Check(
      "removal.\(name)",
      promise,
      needs: removalNeeds,
      scope: .system,
      timeLimitSeconds: 120
    ) { context in
      let stage = try RemovalStage(context, before: try context.look(), part)
      try body(stage)
      context.note = "ended \(stage.nanoseconds / 1000) µs after the last holder let go"
    }
  }
}
